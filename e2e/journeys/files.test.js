// Files given to the page in every way that people know, and what becomes of them.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { openBrowser } from "../harness/browser.js";
import { composer, enter, say, sees, timeline } from "../harness/chat.js";
import { choose, drag, noise, paste, picture } from "../harness/file.js";
import { startServer } from "../harness/server.js";
import { connectTcp } from "../harness/tcp.js";

const file = (name, mimeType, buffer) => ({ name, mimeType, buffer });
const chips = (person) => person.page.getByRole("group", { name: "Attached files" }).locator(".upload-card");

/// Stops the chunks of the page from travelling until the return value is called.
async function hold(person) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await person.page.route("**/chunks/**", async (route) => {
    await released;
    // Cancelled uploads take their requests with them.
    await route.continue().catch(() => {});
  });
  return release;
}

/// The bytes behind a link on the page, fetched as anybody would.
async function fetched(server, link) {
  const response = await fetch(new URL(await link.getAttribute("href"), server.url));
  assert.equal(response.status, 200);
  return { response, bytes: Buffer.from(await response.arrayBuffer()) };
}

test("files go up by button, drop and paste, and arrive as they were", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  const ann = await enter(browser, server.url, "Ann");
  const bob = await enter(browser, server.url, "Bob", { colorScheme: "dark" });
  const photo = file("the view from the roof.png", "image/png", picture(1200, 800, 0.4));
  const table = file("measurements of the whole week, second try, with units.csv", "text/csv", noise(3_300_000));
  const notes = file("notes.txt", "text/plain", Buffer.from("bring water\n"));
  const wrong = file("wrong film.mp4", "video/mp4", noise(5_000_000, 2));

  const release = await hold(ann);
  await choose(ann, [photo, wrong]);
  const drop = await drag(ann, [table]);
  await ann.page.getByText("Drop to attach in #lobby").waitFor();
  await ann.see("drop-target");
  await drop();
  await paste(ann, [notes]);
  await chips(ann).nth(3).waitFor();
  await ann.see("chips");
  await ann.checkAccess();
  await ann.page.getByRole("button", { name: "Cancel wrong film.mp4" }).click();
  await chips(ann).nth(3).waitFor({ state: "detached" });

  // Sending does not wait for the files, and other messages do not wait for it.
  await say(ann, "Everything from the roof");
  await timeline(ann).locator("article.pending").getByText("Everything from the roof").waitFor();
  assert.equal(await chips(ann).count(), 0);
  await say(ann, "more words meanwhile");
  await sees(bob, "more words meanwhile");
  await ann.see("uploading");
  release();
  await sees(bob, "Everything from the roof");
  const message = timeline(bob).locator("article", { hasText: "Everything from the roof" });
  for (const sent of [photo, table, notes]) await message.locator(`a[href*="${encodeURIComponent(sent.name)}"]`).first().waitFor();

  const image = message.getByRole("img", { name: photo.name });
  await image.scrollIntoViewIfNeeded();
  await bob.page.waitForFunction((name) => document.querySelector(`img[alt="${name}"]`)?.naturalWidth === 1200, photo.name);
  assert.deepEqual([await image.getAttribute("width"), await image.getAttribute("height")], ["420", "280"]);
  const links = message.getByRole("link").filter({ hasNotText: "Download" });
  const hrefs = await links.evaluateAll((links) => links.map((link) => decodeURIComponent(link.getAttribute("href").split("/").at(-1))));
  assert.deepEqual(hrefs, [photo.name, table.name, notes.name], "in the order in which they were given");
  for (const [index, sent] of [photo, table, notes].entries()) {
    const { response, bytes } = await fetched(server, links.nth(index));
    assert.ok(bytes.equals(sent.buffer), `${sent.name} arrived as it was`);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  }
  const [download] = await Promise.all([
    bob.page.waitForEvent("download"),
    message.getByRole("link", { name: "Download notes.txt" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), notes.name);
  const [all] = await Promise.all([
    bob.page.waitForEvent("download"),
    message.getByRole("link", { name: /^Download all 3, / }).click(),
  ]);
  assert.match(all.suggestedFilename(), /\.zip$/);
  const zipped = await readFile(await all.path());
  for (const sent of [photo, table, notes]) assert.ok(zipped.includes(sent.buffer), `${sent.name} is in it as it was`);
  await bob.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await message.getByRole("button", { name: "Copy link to notes.txt" }).click();
  await message.getByText("Copied").waitFor();
  assert.match(await bob.page.evaluate(() => navigator.clipboard.readText()), /^http.*\/files\/[\w-]{22}\/notes\.txt$/);

  // Several pictures form a grid.
  await paste(bob, [0.1, 0.6, 0.85].map((hue, index) => file(`hill ${index + 1}.png`, "image/png", picture(900, 600 + 200 * index, hue))));
  await composer(bob).press("Enter");
  await timeline(ann).getByRole("img", { name: "hill 3.png" }).waitFor();
  await ann.page.waitForFunction(() => document.querySelectorAll("[role=log] img").length === 4 && [...document.querySelectorAll("[role=log] img")].every((image) => image.complete && image.naturalWidth > 0));
  await ann.see("files-light");
  await bob.see("files-dark");
  for (const person of [ann, bob]) {
    await person.checkAccess();
    person.checkProblems();
  }
  await ann.page.setViewportSize({ width: 390, height: 844 });
  await ann.see("files-phone");
  assert.equal(await ann.page.evaluate(() => document.documentElement.scrollWidth), 390, "nothing sticks out");
});

test("an upload goes on after the server was away, and after the page was closed", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  const ann = await enter(browser, server.url, "Ann");
  const big = file("backup.tar", "application/x-tar", noise(9_000_000, 3));

  let release = await hold(ann);
  await choose(ann, [big]);
  await chips(ann).first().waitFor();
  await server.kill();
  await ann.page.getByText(/^Reconnecting, retry in/).waitFor();
  release();
  await server.restart();
  await ann.page.getByRole("button", { name: "Retry now" }).click({ timeout: 2_000 }).catch(() => {});
  await ann.page.getByText(/^Reconnecting|^Connecting/).waitFor({ state: "detached" });
  await ann.page.waitForFunction(() => document.querySelectorAll(".chips progress").length === 0);
  await say(ann, "after the restart");
  const card = timeline(ann).locator("article", { hasText: "after the restart" }).getByRole("link", { name: "backup.tar" }).first();
  await card.waitFor();
  assert.ok((await fetched(server, card)).bytes.equals(big.buffer));

  // Closed while it travelled, in a message that is there already: the page says so and takes the file again.
  const bob = await enter(browser, server.url, "Bob", { colorScheme: "dark" });
  await ann.page.unroute("**/chunks/**");
  release = await hold(ann);
  await choose(ann, [file("second.tar", "application/x-tar", big.buffer)]);
  await chips(ann).first().waitFor();
  await say(ann, "before its file");
  const coming = timeline(bob).locator("article", { hasText: "before its file" });
  await coming.getByText("9.0 MB, on its way").waitFor();
  ann.page.on("dialog", (dialog) => dialog.accept());
  await ann.page.reload();
  await ann.ready();
  release();
  const article = timeline(ann).locator("article:not(.pending)", { hasText: "before its file" });
  await article.getByText("Chinwag was closed before it was sent.").waitFor();
  await ann.see("choose-again");
  await ann.checkAccess();
  await article.getByLabel("Choose second.tar again").setInputFiles([file("second.tar", "application/x-tar", big.buffer)]);
  const second = coming.getByRole("link", { name: "second.tar" }).first();
  assert.ok((await fetched(server, second)).bytes.equals(big.buffer));
  await article.getByRole("link", { name: "second.tar" }).first().waitFor();

  // Given up on another device: what is there of it is thrown away.
  release = await hold(ann);
  await choose(ann, [file("third.tar", "application/x-tar", big.buffer)]);
  await say(ann, "never comes");
  const given = timeline(bob).locator("article", { hasText: "never comes" });
  await given.getByText("on its way").waitFor();
  await timeline(ann).locator("article", { hasText: "never comes" }).getByRole("button", { name: "Cancel third.tar" }).click();
  await given.getByText("was not sent").waitFor();
  await timeline(ann).locator("article", { hasText: "never comes" }).getByText("was not sent").waitFor();
  release();
});

test("a message is there before its file, which is seen to come", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  const ann = await enter(browser, server.url, "Ann");
  const bob = await enter(browser, server.url, "Bob", { colorScheme: "dark" });
  const camera = await connectTcp(t, server.tcp, "camera");
  const half = noise(1 << 20);
  const film = file("garden.mp4", "video/mp4", Buffer.concat([half, half]));
  const begin = async (request_id) => {
    camera.send({ type: "begin_upload", request_id, name: film.name, size_bytes: film.buffer.length, media_type: film.mimeType });
    const status = await camera.next((frame) => frame.type === "upload_status" && frame.request_id === request_id);
    camera.send({ type: "send_message", room: "lobby", text: `take ${request_id}`, attachments: [status.file_id] });
    return status;
  };
  const put = async ({ upload_id }, index) => {
    camera.send({ type: "put_chunk", upload_id, index, payload_bytes: half.length }, half);
    await camera.next((frame) => frame.type === "chunk_stored" && frame.upload_id === upload_id && frame.index === index);
  };
  const take = (person, number) => timeline(person).locator("article", { hasText: `take ${number}` });

  const first = await begin(1);
  for (const person of [ann, bob]) await take(person, 1).getByText("on its way").waitFor();
  await put(first, 0);
  for (const person of [ann, bob]) await take(person, 1).getByText("50 % of 2.1 MB").waitFor();
  await ann.see("arriving-light");
  await bob.see("arriving-dark");
  for (const person of [ann, bob]) await person.checkAccess();
  await put(first, 1);
  camera.send({ type: "finish_upload", upload_id: first.upload_id });
  for (const person of [ann, bob]) {
    const { bytes } = await fetched(server, take(person, 1).getByRole("link", { name: film.name, exact: true }));
    assert.ok(bytes.equals(film.buffer));
    await take(person, 1).getByRole("progressbar").waitFor({ state: "detached" });
  }

  const second = await begin(2);
  await take(ann, 2).getByText("on its way").waitFor();
  camera.send({ type: "cancel_upload", upload_id: second.upload_id });
  for (const person of [ann, bob]) await take(person, 2).getByText("was not sent").waitFor();
  // Who comes later finds both as they are now.
  const cid = await enter(browser, server.url, "Cid");
  await take(cid, 1).getByRole("link", { name: film.name, exact: true }).waitFor();
  await take(cid, 2).getByText("was not sent").waitFor();
  for (const person of [ann, bob, cid]) person.checkProblems();
});
