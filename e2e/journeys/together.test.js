// A browser, the window, the terminal client and nc in one room: each says something and hands over a file, all see one
// order, and every file arrives exactly, by every way there is.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";

import { openBrowser } from "../harness/browser.js";
import { allSee, enter, say, sees, timeline } from "../harness/chat.js";
import { openDesktop } from "../harness/desktop.js";
import { choose, noise } from "../harness/file.js";
import { openGate } from "../harness/gate.js";
import { startServer } from "../harness/server.js";
import { connectNc } from "../harness/tcp.js";
import { openTerminal } from "../harness/terminal.js";

const MIB = 1 << 20;
const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");

/// What is at an address, asked for by a line typed into nc.
async function fetchByNc(address) {
  const { hostname, port, pathname } = new URL(address);
  const nc = spawn("nc", [hostname, port], { stdio: ["pipe", "pipe", "inherit"] });
  nc.stdin.end(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: close\r\n\r\n`);
  const answer = Buffer.concat(await nc.stdout.toArray());
  const end = answer.indexOf("\r\n\r\n");
  assert.match(answer.subarray(0, end).toString(), /^HTTP\/1\.1 200 /);
  return answer.subarray(end + 4);
}

test("a browser, the window, a terminal and nc share a room and their files", async (t) => {
  const server = await startServer(t);
  const gate = await openGate(t, server.tcp);
  const browser = await openBrowser(t);
  const ann = await enter(browser, server.url, "Ann");
  const eve = await openDesktop(t, { tcp: gate.address }, "Eve");
  const cid = await openTerminal(t, server, "Cid");
  const dee = await connectNc(t, server.tcp, "Dee");

  const chat = cid.chat("lobby");
  const texts = ["from the browser", "from the window", "from the terminal", "from nc"];
  await say(ann, texts[0]);
  await eve.sees(texts[0]);
  await eve.say(texts[1]);
  await chat.hears(texts[1]);
  chat.say(texts[2]);
  await sees(ann, texts[2]);
  dee.send({ type: "send_message", request_id: 2, room: "lobby", text: texts[3] });
  await allSee([ann], texts);
  await chat.hears(texts[3]);
  await eve.sees(texts[3]);
  const seen = (await dee.heard(4)).map(({ event }) => event.text);
  assert.deepEqual(seen, texts, "for nc");
  assert.deepEqual(await eve.order(texts), texts, "in the window");
  const places = texts.map((text) => chat.printed().indexOf(text));
  assert.deepEqual(places, [...places].sort((a, b) => a - b), "in the terminal");

  // A file from each; the page's goes on while the others are sent.
  const files = { "ann.bin": noise(40 * MIB + 1, 1), "cid.bin": noise(64 * MIB + 7, 2), "dee.bin": noise(9 * MIB, 3), "eve.bin": noise(48 * MIB + 5, 4) };
  await writeFile(path.join(cid.folder, "ann.bin"), files["ann.bin"]);
  await choose(ann, [path.join(cid.folder, "ann.bin")]);
  await say(ann, "ann.bin, dropped");

  // The window dies in the middle of its upload; opened again it goes on with the rest, and sends what was written.
  const given = path.join(eve.screen.home, "eve.bin");
  await writeFile(given, files["eve.bin"]);
  await eve.kill();
  gate.hold(20 * MIB);
  await eve.start([given]);
  await eve.say("eve.bin, from the window");
  await gate.isHeld();
  await eve.waits("eve.bin, from the window");
  await eve.find("progressbar", "Upload of eve.bin");
  await eve.see("desktop-uploading");
  await eve.kill();
  gate.open();
  const before = gate.passed;
  await eve.start();

  await writeFile(path.join(cid.folder, "cid.bin"), files["cid.bin"]);
  const printed = await cid.run("send", "cid.bin", "--room", "lobby", "--message", "cid.bin, sent");
  const byTerminal = printed.split("\n").at(-1);
  assert.ok(byTerminal.startsWith(server.url), `a whole address: ${byTerminal}`);
  const byHand = await dee.upload("dee.bin", files["dee.bin"]);
  dee.send({ type: "send_message", request_id: 3, room: "lobby", text: "dee.bin, by hand", attachments: [byHand.file_id] });
  const posts = ["ann.bin, dropped", "cid.bin, sent", "dee.bin, by hand", "eve.bin, from the window"];
  for (const text of posts) {
    await sees(ann, text);
    await eve.sees(text);
  }
  assert.ok(gate.passed - before < 40 * MIB, `it went on: ${gate.passed - before} bytes went up after the restart`);
  const order = (await dee.heard(8)).map(({ event }) => event.text).slice(4);
  assert.deepEqual(order.toSorted(), posts, "each once");
  await allSee([ann], order);
  assert.deepEqual(await eve.order(posts), order, "in the window");

  // By link, by nc, by the terminal, from what the page shows, and from what the window shows.
  const card = (name) => timeline(ann).getByRole("link", { name: `Download ${name}` });
  const links = { "ann.bin": await card("ann.bin").getAttribute("href"), "cid.bin": byTerminal, "dee.bin": byHand.link, "eve.bin": await card("eve.bin").getAttribute("href") };
  for (const [name, bytes] of Object.entries(files)) {
    const link = new URL(links[name], server.url).href;
    const response = await fetch(link);
    assert.equal(hash(Buffer.from(await response.arrayBuffer())), hash(bytes), `${name} by its link`);
    assert.equal(hash(await fetchByNc(link)), hash(bytes), `${name} by nc`);
    const saved = (await cid.run("get", link)).split("\n").at(-1);
    assert.equal(hash(await readFile(path.resolve(cid.folder, saved))), hash(bytes), `${name} in the terminal`);
    const [download] = await Promise.all([ann.page.waitForEvent("download"), card(name).click()]);
    assert.equal(hash(await readFile(await download.path())), hash(bytes), `${name} in the browser`);
    assert.equal(hash(await eve.download(name)), hash(bytes), `${name} in the window`);
  }
  await ann.see("together");
  await eve.see("desktop-together");
  ann.checkProblems();
});
