// Two browsers, the terminal client and a plain socket in one room: each says something and hands over a large file,
// all see one order, and every file arrives exactly, by every way there is.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";

import { openBrowser } from "../harness/browser.js";
import { allSee, enter, say, sees, timeline } from "../harness/chat.js";
import { choose, noise } from "../harness/file.js";
import { startServer } from "../harness/server.js";
import { connectTcp } from "../harness/tcp.js";
import { openTerminal } from "../harness/terminal.js";

const MIB = 1 << 20;
const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");

/// Uploads over the native protocol, chunk by chunk, and posts the file. Returns its link.
async function uploadBySocket(socket, name, bytes) {
  socket.send({ type: "begin_upload", request_id: 100, name, size_bytes: bytes.length });
  const { upload_id, layout } = await socket.next((frame) => frame.type === "upload_status");
  for (let index = 0; index * layout.chunk_bytes < bytes.length; index += 1) {
    const chunk = bytes.subarray(index * layout.chunk_bytes, (index + 1) * layout.chunk_bytes);
    socket.send({ type: "put_chunk", request_id: 101 + index, upload_id, index, payload_bytes: chunk.length }, chunk);
    await socket.next((frame) => frame.type === "chunk_stored" && frame.index === index);
  }
  socket.send({ type: "finish_upload", request_id: 99, upload_id });
  const { file } = await socket.next((frame) => frame.type === "upload_finished");
  socket.send({ type: "send_message", request_id: 98, room: "lobby", text: `${name}, by hand`, attachments: [file.file_id] });
  return file.link;
}

test("browsers, a terminal and a plain socket share a room and their files", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  const ann = await enter(browser, server.url, "Ann");
  const bob = await enter(browser, server.url, "Bob", { colorScheme: "dark" });
  const cid = await openTerminal(t, server, "Cid");
  const dee = await connectTcp(t, server.tcp, "Dee");

  const chat = cid.chat("lobby");
  const texts = ["from the first browser", "from the second browser", "from the terminal", "from the socket"];
  await say(ann, texts[0]);
  await chat.hears(texts[0]);
  await say(bob, texts[1]);
  await chat.hears(texts[1]);
  chat.say(texts[2]);
  await sees(ann, texts[2]);
  dee.send({ type: "send_message", request_id: 2, room: "lobby", text: texts[3] });
  await allSee([ann, bob], texts);
  await chat.hears(texts[3]);
  const places = texts.map((text) => chat.printed().indexOf(text));
  assert.deepEqual(places, [...places].sort((a, b) => a - b), "one order in the terminal, too");

  // A large file from each; the page's goes on while the others are sent.
  const files = { "ann.bin": noise(40 * MIB + 1, 1), "cid.bin": noise(64 * MIB + 7, 2), "dee.bin": noise(9 * MIB, 3) };
  await choose(ann, [{ name: "ann.bin", mimeType: "application/octet-stream", buffer: files["ann.bin"] }]);
  await say(ann, "ann.bin, dropped");
  await writeFile(path.join(cid.folder, "cid.bin"), files["cid.bin"]);
  const printed = await cid.run("send", "cid.bin", "--room", "lobby", "--message", "cid.bin, sent");
  const byTerminal = printed.split("\n").at(-1);
  assert.ok(byTerminal.startsWith(server.url), `a whole address: ${byTerminal}`);
  const bySocket = await uploadBySocket(dee, "dee.bin", files["dee.bin"]);
  for (const text of ["ann.bin, dropped", "cid.bin, sent", "dee.bin, by hand"]) await sees(bob, text);

  // By link, by the terminal, and from what the page shows.
  const card = (name) => timeline(bob).getByRole("link", { name: `Download ${name}` });
  const links = { "ann.bin": await card("ann.bin").getAttribute("href"), "cid.bin": byTerminal, "dee.bin": bySocket };
  for (const [name, bytes] of Object.entries(files)) {
    const link = new URL(links[name], server.url).href;
    const response = await fetch(link);
    assert.equal(hash(Buffer.from(await response.arrayBuffer())), hash(bytes), `${name} by its link`);
    const saved = (await cid.run("get", link)).split("\n").at(-1);
    assert.equal(hash(await readFile(path.resolve(cid.folder, saved))), hash(bytes), `${name} in the terminal`);
    const [download] = await Promise.all([bob.page.waitForEvent("download"), card(name).click()]);
    assert.equal(hash(await readFile(await download.path())), hash(bytes), `${name} in the browser`);
  }
  await bob.see("together");
  for (const person of [ann, bob]) person.checkProblems();
});
