// Files on a host of their own: the page shows them from there, and old links lead there.

import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";

import { openBrowser } from "../harness/browser.js";
import { composer, enter, timeline } from "../harness/chat.js";
import { paste, picture } from "../harness/file.js";
import { startServer } from "../harness/server.js";
import { connectTcp } from "../harness/tcp.js";

/// A port that was free a moment ago.
function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

test("pictures are shown and files saved from their own host", async (t) => {
  const port = await freePort();
  // Browsers take every name below localhost for this machine.
  const files = `http://files.localhost:${port}`;
  const server = await startServer(t, { http: `127.0.0.1:${port}`, args: ["--files-url", files] });
  const browser = await openBrowser(t);
  const ann = await enter(browser, server.url, "Ann");
  await paste(ann, [
    { name: "the view.png", mimeType: "image/png", buffer: picture(900, 600, 0.3) },
    { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("bring water\n") },
  ]);
  await composer(ann).fill("From the roof");
  await composer(ann).press("Enter");
  const image = timeline(ann).getByRole("img", { name: "the view.png" });
  await image.waitFor();
  await ann.page.waitForFunction(() => document.querySelector('[role=log] img[alt="the view.png"]')?.naturalWidth === 900);

  const [download] = await Promise.all([
    ann.page.waitForEvent("download"),
    timeline(ann).getByRole("link", { name: "Download notes.txt" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "notes.txt");
  assert.ok(download.url().startsWith(`${files}/files/`), download.url());
  const shown = await ann.context.newPage();
  await shown.goto(new URL(await timeline(ann).locator("a.image").getAttribute("href"), server.url).href);
  assert.ok(shown.url().startsWith(`${files}/files/`), shown.url());
  assert.equal(await shown.evaluate(() => self.origin), "null");
  for (const path of ["/", "/rooms/lobby", "/api/uploads"]) {
    const response = await shown.goto(files + path);
    assert.equal(response.status(), 404, path);
  }
  ann.checkProblems();
});

test("files for members open in the page as well, by the links in it alone", async (t) => {
  const port = await freePort();
  const files = `http://files.localhost:${port}`;
  const server = await startServer(t, { http: `127.0.0.1:${port}`, args: ["--files-url", files] });
  const bob = await connectTcp(t, server.tcp, "Bob");
  const image = await bob.upload("the plan.png", picture(640, 480, 0.6), "image/png");
  bob.send({ type: "change_link", request_id: 5, file_id: image.file_id, access: "members" });
  await bob.next((frame) => frame.type === "link_described");
  bob.send({ type: "send_message", room: "lobby", text: "For us", attachments: [image.file_id] });
  const browser = await openBrowser(t);
  const ann = await enter(browser, server.url, "Ann");
  await ann.page.waitForFunction(() => document.querySelector('[role=log] img[alt="the plan.png"]')?.naturalWidth === 640);
  await timeline(ann).locator("a.image").click();
  await ann.page.waitForFunction(() => document.querySelector('dialog img[alt="the plan.png"]')?.naturalWidth === 640);
  await ann.page.keyboard.press("Escape");
  const opened = timeline(ann).locator("a.image").click({ modifiers: ["ControlOrMeta"] });
  const [shown] = await Promise.all([ann.context.waitForEvent("page"), opened]);
  await shown.waitForLoadState();
  assert.ok(shown.url().startsWith(`${files}${image.link}?pass=`), shown.url());
  // Where it is shown, its address is no link to pass on for long; without the pass it is none at all.
  const stranger = await browser.newContext();
  const page = await stranger.newPage();
  for (const host of [files, server.url]) {
    const answer = await page.goto(new URL(image.link, host).href);
    assert.equal(answer.status(), 404, host);
  }
  await stranger.close();
  ann.checkProblems();
});
