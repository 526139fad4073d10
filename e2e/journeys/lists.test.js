// What was sent, and what is on its way, as lists.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openBrowser } from "../harness/browser.js";
import { enter, openPage, say, timeline } from "../harness/chat.js";
import { choose, noise, picture } from "../harness/file.js";
import { startServer } from "../harness/server.js";

const file = (name, mimeType, buffer) => ({ name, mimeType, buffer });

test("files of a room and of all rooms are looked for", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  const ann = await enter(browser, server.url, "Ann");
  const bob = await enter(browser, server.url, "Bob", { colorScheme: "dark" });
  await choose(ann, [
    file("Garden plan.pdf", "application/pdf", Buffer.from("%PDF-1.4\n")),
    file("garden.png", "image/png", picture(300, 200, 0.3)),
    file("song.ogg", "audio/ogg", Buffer.from("OggS")),
  ]);
  await say(ann, "for the garden");
  await timeline(bob).locator("article", { hasText: "for the garden" }).getByText("Garden plan.pdf").first().waitFor();

  await bob.page.getByRole("button", { name: /^Details of this room/ }).click();
  const details = bob.page.getByRole("region", { name: "Details of this room" });
  await details.getByRole("button", { name: "Files" }).click();
  const dialog = bob.page.getByRole("dialog", { name: "Files" });
  await dialog.getByText("song.ogg").waitFor();
  await dialog.getByRole("searchbox", { name: "Search files" }).fill("GARDEN from:ann");
  await dialog.getByText("song.ogg").waitFor({ state: "detached" });
  assert.equal(await dialog.getByRole("listitem").count(), 2);
  await dialog.getByRole("button", { name: "Documents" }).click();
  await dialog.getByText("garden.png").waitFor({ state: "detached" });
  await dialog.getByText("Garden plan.pdf").waitFor();
  await bob.see("files-of-a-room");
  await bob.checkAccess();
  await bob.page.keyboard.press("Escape");

  await openPage(bob, "Profile and account", "Files");
  await bob.page.getByText("Garden plan.pdf").waitFor();
  await bob.page.getByText(/#lobby/).first().waitFor();
  await bob.page.getByRole("searchbox", { name: "Search files" }).fill("before:2020-01-01");
  await bob.page.getByText("No such files.").waitFor();
  await bob.page.getByRole("searchbox", { name: "Search files" }).fill("");
  await bob.page.getByRole("button", { name: "What to do with song.ogg" }).click();
  const [download] = await Promise.all([
    bob.page.waitForEvent("download"),
    bob.page.getByRole("menuitem", { name: "Download" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "song.ogg");
  await bob.checkAccess();
  await bob.page.setViewportSize({ width: 390, height: 844 });
  await bob.see("files-of-all-rooms-phone");
  assert.equal(await bob.page.evaluate(() => document.documentElement.scrollWidth), 390, "nothing sticks out");
});

test("uploads of one's other devices are listed as they move, and given up", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  const ann = await enter(browser, server.url, "Ann");
  // The first chunk goes, the others wait.
  let passed = 0;
  await ann.page.route("**/chunks/**", async (route) => {
    passed += 1;
    if (passed === 1) await route.continue().catch(() => {});
  });
  await choose(ann, [file("film.mp4", "video/mp4", noise(8_000_000, 7))]);
  const chips = ann.page.getByRole("group", { name: "Attached files" });
  await chips.getByText("film.mp4").waitFor();

  const other = await ann.context.newPage();
  await other.goto(new URL("/you/uploads", server.url).href);
  const row = other.getByRole("listitem").filter({ hasText: "film.mp4" });
  await row.getByText(/% of 8\.0 MB · from another device/).waitFor();
  await other.screenshot({ path: new URL("../results/uploads.png", import.meta.url).pathname });
  await row.getByRole("button", { name: "Cancel" }).click();
  await other.getByRole("dialog").getByRole("button", { name: "Cancel the upload" }).click();
  await other.getByText("None.").waitFor();
});
