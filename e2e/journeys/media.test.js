// Pictures, films, sounds and texts in the page: what is loaded when, and that nothing in them does anything.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openBrowser } from "../harness/browser.js";
import { enter, say, sees, timeline } from "../harness/chat.js";
import { choose, noise, picture, png } from "../harness/file.js";
import { startServer } from "../harness/server.js";

const file = (name, mimeType, buffer) => ({ name, mimeType, buffer });
const text = (name, mimeType, content) => file(name, mimeType, Buffer.from(content));
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/// Sends files with a message, and waits until the server has them.
async function post(person, words, files) {
  await choose(person, files);
  await say(person, words);
  await sees(person, words);
}

const article = (person, words) => timeline(person).locator("article", { hasText: words });

/// What the page asks of links from now on, as `{ path, range }`.
function watchLinks(person) {
  const asked = [];
  person.page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.pathname.startsWith("/files/")) asked.push({ path: decodeURIComponent(url.pathname.split("/").at(-1)) + url.search, range: request.headers().range });
  });
  return asked;
}

/// Waits until the picture of this name is there and is so many pixels wide.
async function hasWidth(person, name, width) {
  await person.page.waitForFunction(
    ([name, width]) => [...document.querySelectorAll(`img[alt="${name}"]`)].some((image) => image.complete && image.naturalWidth === width),
    [name, width],
  );
}

/// A sound of so many seconds (RIFF, eight bits a sample, 48 kHz).
function sound(seconds) {
  const rate = 48_000;
  const samples = Buffer.alloc(seconds * rate);
  for (let at = 0; at < samples.length; at += 1) samples[at] = 128 + 40 * Math.sin((at / rate) * 6.283 * (220 + at / rate));
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + samples.length, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write("data", 36);
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, samples]);
}

/// A film of some two seconds, as the browser records it (WebM).
async function film(person) {
  const bytes = await person.page.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 });
    const context = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: "video/webm;codecs=vp8" });
    const parts = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    const ended = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.start();
    const start = performance.now();
    await new Promise((resolve) => {
      const draw = () => {
        const passed = performance.now() - start;
        context.fillStyle = `hsl(${passed / 8}, 60%, 55%)`;
        context.fillRect(0, 0, 320, 180);
        if (passed < 2_000) requestAnimationFrame(draw);
        else resolve();
      };
      draw();
    });
    recorder.stop();
    await ended;
    return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
  });
  return Buffer.from(bytes);
}

/// Moves a player to a second, and returns where it then is.
function seek(player, second) {
  return player.evaluate(async (player, second) => {
    const happens = (name) => new Promise((resolve) => player.addEventListener(name, resolve, { once: true }));
    if (player.readyState < 1) await happens("loadedmetadata");
    const sought = happens("seeked");
    player.currentTime = second;
    await sought;
    return player.currentTime;
  }, second);
}

test("a picture loads small, and opens over the page by keyboard and by finger", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  const ann = await enter(browser, server.url, "Ann");
  const photo = file("grain.png", "image/png", png(1600, 1000, noise(1600 * 1000 * 3)));
  const hill = file("hill.png", "image/png", picture(900, 600, 0.3));
  const tall = file("tower.png", "image/png", picture(300, 1400, 0.8));
  assert.ok(photo.buffer.length > 1_000_000 && hill.buffer.length < 200_000);
  await post(ann, "One with much grain", [photo]);
  await post(ann, "Two from the walk", [hill, tall]);

  const bob = await enter(browser, server.url, "Bob", { colorScheme: "dark" });
  const asked = watchLinks(bob);
  await bob.page.reload();
  await bob.ready();
  await hasWidth(bob, "grain.png", 480);
  await hasWidth(bob, "hill.png", 900);
  assert.deepEqual(asked.filter(({ path }) => path.startsWith("grain")).map(({ path }) => path), ["grain.png?thumbnail=480"]);
  assert.ok(!asked.some(({ path }) => path.startsWith("hill.png?")), "a small one is loaded as it is");

  const link = article(bob, "One with much grain").getByRole("link", { name: "grain.png" });
  await link.focus();
  await bob.page.keyboard.press("Enter");
  const dialog = bob.page.getByRole("dialog");
  await dialog.getByText("1 of 3").waitFor();
  await hasWidth(bob, "grain.png", 1600);
  await bob.see("lightbox-dark");
  await bob.checkAccess();
  const shown = dialog.getByRole("img");
  for (const [key, name] of [["ArrowRight", "hill.png"], ["ArrowRight", "tower.png"], ["ArrowRight", "grain.png"], ["ArrowLeft", "tower.png"], ["ArrowLeft", "hill.png"], ["ArrowLeft", "grain.png"]]) {
    await bob.page.keyboard.press(key);
    await dialog.getByText(name, { exact: true }).waitFor();
    assert.equal(await shown.getAttribute("alt"), name);
  }
  const fitted = await shown.boundingBox();
  assert.ok(fitted.width <= 1280 && fitted.height <= 800 && Math.abs(fitted.width / fitted.height - 1.6) < 0.01, "it fits, in its shape");
  await dialog.getByRole("button", { name: "100 %" }).click();
  assert.equal((await shown.boundingBox()).width, 1600);
  await bob.checkAccess();
  await shown.click();
  assert.equal((await shown.boundingBox()).width, fitted.width);
  for (let presses = 0; presses < 12; presses += 1) {
    await bob.page.keyboard.press("Tab");
    assert.ok(await bob.page.evaluate(() => document.activeElement === document.body || document.activeElement.closest("dialog") !== null), "the focus stays inside");
  }
  const [download] = await Promise.all([bob.page.waitForEvent("download"), dialog.getByRole("link", { name: "Download grain.png" }).click()]);
  assert.equal(download.suggestedFilename(), "grain.png");
  await bob.page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.ok(await link.evaluate((link) => document.activeElement === link), "the focus is back where it was");
  bob.checkProblems();

  // On a phone, with one finger.
  const eve = await enter(browser, server.url, "Eve", PHONE);
  await hasWidth(eve, "grain.png", 480);
  await eve.see("pictures-phone");
  await article(eve, "Two from the walk").getByRole("link", { name: "hill.png" }).tap();
  const over = eve.page.getByRole("dialog");
  await over.getByText("2 of 3").waitFor();
  await hasWidth(eve, "hill.png", 900);
  await eve.see("lightbox-phone");
  await eve.checkAccess();
  assert.equal(await eve.page.evaluate(() => document.documentElement.scrollWidth), 390, "nothing sticks out");
  const touch = await eve.context.newCDPSession(eve.page);
  const swipe = async (from, to) => {
    const at = (x) => [{ x, y: 400 }];
    await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(from) });
    for (const part of [0.3, 0.6, 1]) await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(from + (to - from) * part) });
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  };
  await swipe(320, 80);
  await over.getByText("3 of 3").waitFor();
  await swipe(80, 320);
  await over.getByText("2 of 3").waitFor();
  // A tap right behind a swipe only stops what it set in motion.
  await over.getByRole("button", { name: "Close" }).click();
  await over.waitFor({ state: "detached" });
  eve.checkProblems();

  // Where there is no thumbnail, it is the picture itself.
  const dan = await enter(browser, server.url, "Dan");
  await dan.page.route("**/*?thumbnail=*", (route) => route.fulfill({ status: 404 }));
  await dan.page.reload();
  await dan.ready();
  await hasWidth(dan, "grain.png", 1600);
  await dan.see("pictures-light");
  dan.expectRefusal();
  dan.checkProblems();
});

test("films and sounds play and seek, and large ones wait to be asked", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  const ann = await enter(browser, server.url, "Ann");
  const long = file("concert.wav", "audio/wav", sound(240));
  const larger = file("festival.wav", "audio/wav", sound(400));
  const broken = file("broken.mp4", "video/mp4", noise(50_000));
  await post(ann, "What I heard", [long, larger]);
  await post(ann, "What I saw", [file("walk.webm", "video/webm", await film(ann)), broken]);

  const bob = await enter(browser, server.url, "Bob");
  const asked = watchLinks(bob);
  await bob.page.reload();
  await bob.ready();
  const heard = bob.page.getByLabel("concert.wav", { exact: true });
  assert.equal(await heard.getAttribute("preload"), "metadata");
  const at = await seek(heard, 200);
  assert.ok(Math.abs(at - 200) < 0.5, `${at}`);
  const far = asked.some(({ path, range }) => path === "concert.wav" && Number(range?.match(/^bytes=(\d+)-/)?.[1]) > 5_000_000);
  assert.ok(far, `a range of what is far behind: ${JSON.stringify(asked)}`);
  assert.ok(!asked.some(({ path }) => path.startsWith("festival")), "nobody has asked for it");
  await bob.page.getByRole("button", { name: "Play festival.wav" }).click();
  await bob.page.getByLabel("festival.wav", { exact: true }).evaluate((player) => new Promise((resolve) => {
    if (player.currentTime > 0) resolve();
    player.addEventListener("timeupdate", () => player.currentTime > 0 && resolve());
  }));
  await bob.page.getByLabel("festival.wav", { exact: true }).evaluate((player) => player.pause());

  const seen = bob.page.getByLabel("walk.webm", { exact: true });
  const size = await seek(seen, 1).then((at) => seen.evaluate((video, at) => [Math.round(at), video.videoWidth, video.videoHeight], at));
  assert.deepEqual(size, [1, 320, 180]);
  await bob.page.getByText("This browser cannot play it.").waitFor();
  await bob.see("players-light");
  await bob.checkAccess();
  bob.expectRefusal();
  bob.checkProblems();
  await bob.page.setViewportSize({ width: 390, height: 844 });
  await bob.page.emulateMedia({ colorScheme: "dark" });
  await bob.see("players-phone-dark");
  assert.equal(await bob.page.evaluate(() => document.documentElement.scrollWidth), 390, "nothing sticks out");
});

test("a look into a hostile text runs nothing", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  const ann = await enter(browser, server.url, "Ann");
  const attack = `<script>window.pwned = 1</script><img src=x onerror="window.pwned = 2"><iframe srcdoc="<script>parent.pwned = 3</script>"></iframe>`;
  const page = text("page.html", "text/html", `<!DOCTYPE html>\n${attack}\n<a href="javascript:window.pwned = 4">click</a>\n`);
  const notes = text("notes.md", "text/markdown", `# Notes\n\n${attack}\n\n[click](javascript:window.pwned=5) and **bold**\n\n- one\n- two\n`);
  const rows = Array.from({ length: 40 }, (_, row) => `${row},"say ""${row}""",=cmd|' /C calc'!A0`);
  const table = text("table.csv", "text/csv", `number,words,formula\n"${attack.replaceAll('"', '""')}",x,y\n${rows.join("\n")}\n`);
  const code = text("main.rs", "", `fn main() {\n    println!("hi");\n}\n`);
  const bytes = text("noise.txt", "text/plain", Buffer.concat([Buffer.from("start "), noise(5_000)]));
  await post(ann, "Look into these", [page, notes, table, code, bytes]);

  const bob = await enter(browser, server.url, "Bob", { colorScheme: "dark" });
  const asked = watchLinks(bob);
  bob.page.on("dialog", (dialog) => assert.fail(`a dialog: ${dialog.message()}`));
  for (const { name } of [page, notes, table, code, bytes]) {
    await bob.page.getByRole("button", { name: `Preview: ${name}` }).click();
    await bob.page.getByRole("region", { name: `Preview of ${name}` }).waitFor();
  }
  const preview = (name) => bob.page.getByRole("region", { name: `Preview of ${name}` });
  assert.match(await preview("page.html").innerText(), /<script>window\.pwned = 1<\/script>/);
  assert.match(await preview("notes.md").innerText(), /<script>window\.pwned = 1<\/script>/);
  assert.equal(await preview("notes.md").locator("strong").innerText(), "bold");
  assert.equal(await preview("table.csv").locator("tr").count(), 12, "the first rows");
  assert.equal(await preview("table.csv").locator("tr").nth(1).locator("td").first().innerText(), attack);
  await bob.page.getByRole("button", { name: "Show all: table.csv" }).click();
  assert.equal(await preview("table.csv").locator("tr").count(), 42);
  assert.equal(await preview("table.csv").locator("tr").nth(2).locator("td").nth(1).innerText(), 'say "0"');
  const made = await bob.page.evaluate(() => ({
    pwned: window.pwned,
    elements: document.querySelectorAll(".text-preview :is(script, img, iframe, object, embed, style, link, form, input)").length,
    links: [...document.querySelectorAll(".text-preview a")].map((link) => link.protocol).filter((protocol) => !/^https?:$/.test(protocol)),
    handlers: [...document.querySelectorAll(".text-preview *")].filter((element) => [...element.attributes].some(({ name }) => name.startsWith("on"))).length,
  }));
  assert.deepEqual(made, { pwned: undefined, elements: 0, links: [], handlers: 0 });
  assert.equal(asked.length, 5, "each was fetched once");
  await bob.checkAccess();
  await preview("notes.md").scrollIntoViewIfNeeded();
  await bob.see("texts-dark");
  await bob.page.getByRole("button", { name: "Hide preview: page.html" }).click();
  await preview("page.html").waitFor({ state: "detached" });
  bob.checkProblems();
  await bob.page.setViewportSize({ width: 390, height: 844 });
  await bob.page.emulateMedia({ colorScheme: "light" });
  await bob.see("texts-phone-light");
  assert.equal(await bob.page.evaluate(() => document.documentElement.scrollWidth), 390, "nothing sticks out");
});
