// A file's page for people without an account: in a browser that runs no script, from the form to the saved file.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";

import { AxeBuilder } from "@axe-core/playwright";

import { openBrowser } from "../harness/browser.js";
import { composer, enter, shownLink, timeline } from "../harness/chat.js";
import { noise, paste, picture } from "../harness/file.js";
import { startServer } from "../harness/server.js";
import { connectTcp } from "../harness/tcp.js";

const RESULTS = path.join(import.meta.dirname, "../results");
const PASSWORD = "open: the shed & the gate";
const HOSTILE = "<img src=x onerror=alert(1)> & 'more' of a name that is rather long, as names of pictures are.png";

/// Of the window: a desk, a dark desk, a telephone.
const LOOKS = {
  light: { viewport: { width: 1280, height: 800 }, colorScheme: "light" },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
  narrow: { viewport: { width: 390, height: 844 }, colorScheme: "light", hasTouch: true, isMobile: true },
};

/// A stranger's window, without script.
async function stranger(browser, look = "light") {
  const context = await browser.newContext({ javaScriptEnabled: false, ...LOOKS[look] });
  context.setDefaultTimeout(15_000);
  return context.newPage();
}

async function see(page, name) {
  await page.screenshot({ path: path.join(RESULTS, `share-${name}.png`), fullPage: true });
}

/// Fails where the page is wider than the window.
async function fits(page) {
  const { width } = page.viewportSize();
  const main = await page.locator("main").boundingBox();
  assert.ok(main.x >= 0 && main.x + main.width <= width, JSON.stringify(main));
}

/// Changes the link of somebody's file.
async function change(person, file, fields) {
  person.send({ type: "change_link", request_id: 9, file_id: file.file_id, access: "anyone", ...fields });
  return (await person.next((frame) => frame.type === "link_described")).link;
}

async function state(person, file) {
  person.send({ type: "read_link", request_id: 9, file_id: file.file_id });
  return (await person.next((frame) => frame.type === "link_described")).link;
}

test("a stranger opens a page with a password, and saves the file that it names", async (t) => {
  const server = await startServer(t);
  const ann = await connectTcp(t, server.tcp, "Ann");
  const content = noise(3_000_000, 5);
  const file = await ann.upload("the plans.zip", content, "application/zip");
  await change(ann, file, { password: PASSWORD, expires_at_ms: Date.now() + 3_600_000 });
  const browser = await openBrowser(t);
  const page = await stranger(browser);

  // The link itself leads to the form.
  await page.goto(new URL(file.link, server.url).href);
  assert.equal(new URL(page.url()).pathname, `/share/${file.file_id}`);
  await see(page, "password");
  await page.getByLabel("Password").fill("open the shop");
  await page.getByRole("button", { name: "Open" }).click();
  await page.getByText("This is not the file's password.").waitFor();
  await see(page, "wrong");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Open" }).click();
  await page.getByRole("heading", { name: "the plans.zip" }).waitFor();
  assert.equal(await page.locator("dd code").textContent(), file.content_hash);
  await page.getByText("Until").waitFor();
  await see(page, "file");

  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download" }).click()]);
  assert.equal(download.suggestedFilename(), "the plans.zip");
  assert.ok(content.equals(await readFile(await download.path())));
  assert.equal((await state(ann, file)).downloads, 1);

  // What is limited says so, and is gone after the last time.
  await change(ann, file, { without_password: true, downloads_left: 1 });
  await page.goto(`${server.url}share/${file.file_id}`);
  await page.getByText("This link is good for 1 more download.").waitFor();
  await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download" }).click()]);
  const gone = await page.goto(`${server.url}share/${file.file_id}`);
  assert.equal(gone.status(), 404);
  await page.getByRole("heading", { name: "There is no such file here" }).waitFor();
  await see(page, "missing");
});

test("a page shows a picture in every light and on a telephone, whatever its name is", async (t) => {
  const server = await startServer(t);
  const ann = await connectTcp(t, server.tcp, "Ann");
  const image = await ann.upload(HOSTILE, picture(1200, 800, 0.3), "image/png");
  const browser = await openBrowser(t);
  for (const look of Object.keys(LOOKS)) {
    const page = await stranger(browser, look);
    await page.goto(`${server.url}share/${image.file_id}`);
    await page.getByRole("heading", { name: image.name }).waitFor();
    const shown = await page.locator("img").boundingBox();
    assert.ok(shown.width > 200 && Math.abs(shown.width / shown.height - 1.5) < 0.02, JSON.stringify(shown));
    assert.equal(await page.locator("img").count(), 1);
    await fits(page);
    await see(page, look);
  }
  assert.equal((await state(ann, image)).downloads, undefined, "looking is no download");

  // With script, to ask what keeps people out; nothing on the page needs it.
  const context = await browser.newContext(LOOKS.dark);
  const page = await context.newPage();
  await page.goto(`${server.url}share/${image.file_id}`);
  await page.waitForFunction(() => document.querySelector("img")?.naturalWidth === 1200);
  const { violations } = await new AxeBuilder({ page }).analyze();
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html)}`), []);
});

test("files on a host of their own are shown and saved from there", async (t) => {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const files = `http://files.localhost:${port}`;
  const server = await startServer(t, { http: `127.0.0.1:${port}`, args: ["--files-url", files, "--public-url", `http://127.0.0.1:${port}`] });
  const ann = await connectTcp(t, server.tcp, "Ann");
  const image = await ann.upload("the view.png", picture(640, 480, 0.6), "image/png");
  await change(ann, image, { password: PASSWORD });
  const browser = await openBrowser(t);
  const page = await stranger(browser);
  await page.goto(files + image.link);
  await page.getByLabel("Password").fill(PASSWORD);
  const [shown] = await Promise.all([page.waitForResponse((response) => response.url().startsWith(`${files}${image.link}`)), page.getByRole("button", { name: "Open" }).click()]);
  assert.equal(shown.status(), 200);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download" }).click()]);
  assert.ok(download.url().startsWith(`${files}${image.link}`), download.url());
});

test("who has sent a file gives its link a password and a limit, and sees how often it was fetched", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  const ann = await enter(browser, server.url, "Ann", LOOKS.light);
  const content = Buffer.from("bring water, and a hat\n");
  await paste(ann, [{ name: "plans.bin", mimeType: "application/octet-stream", buffer: content }]);
  await composer(ann).press("Enter");
  const message = timeline(ann).locator("article").filter({ hasText: "plans.bin" });
  await message.getByRole("link", { name: "Download plans.bin" }).waitFor();
  const open = async () => {
    await message.hover();
    await message.getByRole("button", { name: /^What to do with the message/ }).click();
    await ann.page.getByRole("menuitem", { name: "Link to plans.bin" }).click();
    await ann.page.getByRole("dialog", { name: "Link to a file" }).getByText("Downloads by the link").waitFor();
    return ann.page.getByRole("dialog");
  };
  const panel = await open();
  await panel.getByLabel("Password").fill(PASSWORD);
  await panel.getByLabel("Downloads from now on").fill("2");
  await panel.getByLabel("It works").selectOption("For a week");
  await ann.see("share-dialog");
  await ann.checkAccess();
  await panel.getByRole("button", { name: "Save" }).click();
  await panel.getByText("Downloads that are left").waitFor();
  await ann.see("share-dialog-saved");
  await panel.getByRole("button", { name: "Link to the page" }).click();
  await ann.page.getByRole("img", { name: "QR code" }).waitFor();
  await ann.see("share-dialog-qr");
  const address = await shownLink(ann);
  assert.ok(address.startsWith(`${server.url}share/`), address);

  const page = await stranger(browser, "narrow");
  await page.goto(address);
  await fits(page);
  await see(page, "password-narrow");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Open" }).click();
  await page.getByText("This link is good for 2 more downloads.").waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download" }).click()]);
  assert.ok(content.equals(await readFile(await download.path())));

  const again = await open();
  assert.deepEqual(await again.locator(".figures dd").allInnerTexts().then((texts) => texts.slice(0, 2)), ["1", "1"]);
  await again.getByRole("button", { name: "Revoke" }).click();
  await ann.page.getByRole("dialog", { name: "Revoke the link?" }).getByRole("button", { name: "Revoke" }).click();
  await ann.page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal((await page.goto(address)).status(), 404);
  ann.checkProblems();
});

test("the dialog of a link fits into a telephone, and is dark where it is to be", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  const ann = await enter(browser, server.url, "Ann", { ...LOOKS.narrow, colorScheme: "dark" });
  await paste(ann, [{ name: "plans.bin", mimeType: "application/octet-stream", buffer: Buffer.from("x") }]);
  await composer(ann).press("Enter");
  const message = timeline(ann).locator("article").filter({ hasText: "plans.bin" });
  await message.getByRole("link", { name: "Download plans.bin" }).waitFor();
  await message.getByRole("button", { name: /^What to do with the message/ }).click();
  await ann.page.getByRole("menuitem", { name: "Link to plans.bin" }).click();
  const panel = ann.page.getByRole("dialog", { name: "Link to a file" });
  await panel.getByText("Downloads by the link").waitFor();
  const box = await panel.boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= 390, JSON.stringify(box));
  await ann.see("share-dialog-narrow");
  await panel.getByRole("button", { name: "Save" }).scrollIntoViewIfNeeded();
  await ann.see("share-dialog-narrow-end");
  ann.checkProblems();
});
