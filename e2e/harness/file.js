// Files to share, and the ways in which people give them to the page.

import { deflateSync } from "node:zlib";

/// `size` bytes that look random and are the same every time.
export function noise(size, seed = 1) {
  const bytes = Buffer.alloc(size);
  let state = seed;
  for (let index = 0; index < size; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/// A picture of a hilly landscape, `width` by `height`, as PNG. `hue` is from 0 to 1.
export function picture(width, height, hue = 0.5) {
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const hills = [0.45, 0.62, 0.8].filter((base, index) => y / height > base + 0.09 * Math.sin((x / width) * (5 + 3 * index) + 2 * index + 7 * hue)).length;
      const light = hills ? 0.62 - 0.17 * hills : 0.95 - 0.25 * (y / height);
      const tone = (phase) => Math.round(255 * Math.min(1, light * (0.8 + 0.3 * Math.cos(6.283 * (hue + phase)))));
      pixels.set([tone(0), tone(0.33), tone(0.67)], (y * width + x) * 3);
    }
  }
  return png(width, height, pixels);
}

/// Red, green and blue of each pixel, as PNG.
export function png(width, height, pixels) {
  const line = width * 3;
  const rows = Buffer.alloc(height * (1 + line));
  for (let y = 0; y < height; y += 1) pixels.copy(rows, y * (1 + line) + 1, y * line, (y + 1) * line);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}

function chunk(type, data) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

function crc32(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ 0xffffffff) >>> 0;
}

/// Files as the page's own scripts would see them: `[{ name, mimeType, buffer }]`.
async function carry(page, files) {
  const given = files.map(({ name, mimeType, buffer }) => ({ name, mimeType, text: buffer.toString("base64") }));
  return page.evaluateHandle((given) => {
    const data = new DataTransfer();
    for (const { name, mimeType, text } of given) {
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      data.items.add(new File([bytes], name, { type: mimeType }));
    }
    return data;
  }, given);
}

/// Chooses files behind the button: paths, or `[{ name, mimeType, buffer }]`.
export async function choose(person, files) {
  await person.page.locator("input[type=file][multiple]").setInputFiles(files);
}

/// Drags files over the window; the return value drops them.
export async function drag(person, files) {
  const dataTransfer = await carry(person.page, files);
  await person.page.dispatchEvent("body", "dragover", { dataTransfer });
  return () => person.page.dispatchEvent("body", "drop", { dataTransfer });
}

/// Pastes files.
export async function paste(person, files) {
  const data = await carry(person.page, files);
  await person.page.evaluate((clipboardData) => {
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, data);
}
