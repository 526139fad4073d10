// What is written is never lost: not by a server that goes away, not by a page that is loaded again.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openBrowser } from "../harness/browser.js";
import { allSee, chooseItem, composer, enter, say, sees, sentTexts, timeline } from "../harness/chat.js";
import { startServer } from "../harness/server.js";

test("messages survive a server that goes away and a page that is loaded again", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  const ann = await enter(browser, server.url, "Ann");
  const bob = await enter(browser, server.url, "Bob");
  await say(ann, "before");
  await sees(bob, "before");

  await server.kill();
  await ann.page.getByText(/^Reconnecting, retry in/).waitFor();
  await say(ann, "written while away");
  await timeline(ann).locator("article.pending").getByText("written while away").waitFor();
  await ann.see("reconnecting");
  await server.restart();
  await ann.page.getByRole("button", { name: "Retry now" }).click({ timeout: 2_000 }).catch(() => {});
  await sees(ann, "written while away");
  await sees(bob, "written while away");

  // Unsent, closed, and opened again: it is shown as unsent, then sent, once.
  await server.kill();
  await ann.page.getByText(/^Reconnecting, retry in/).waitFor();
  await say(ann, "survives a reload");
  await say(ann, "in order");
  await timeline(ann).locator("article.pending").getByText("in order").waitFor();
  const state = await ann.context.storageState();
  assert.match(JSON.stringify(state), /survives a reload/, "it is stored before anything is sent");
  await server.restart();
  await ann.page.reload();
  await ann.ready();
  await allSee([ann, bob], ["before", "written while away", "survives a reload", "in order"]);
  assert.equal(await timeline(ann).locator("article.pending").count(), 0);
  const stored = await ann.page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("chinwag.outbox.")));
  assert.deepEqual(stored, [], "what is acknowledged is not kept");
  await say(bob, "welcome back");
  await sees(ann, "welcome back");
  // A server that is gone is reported by the browser itself; everything else counts.
  for (const person of [ann, bob]) {
    person.problems = person.problems.filter((problem) => !/WebSocket connection to|ERR_CONNECTION_REFUSED/.test(problem));
    person.checkProblems();
  }
});

test("two tabs of one person do not lose each other's messages", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  const ann = await enter(browser, server.url, "Ann");
  const bob = await enter(browser, server.url, "Bob");
  const second = { ...ann, page: await ann.context.newPage() };
  await second.page.goto(server.url);
  await composer(second).waitFor();

  await server.kill();
  for (const tab of [ann, second]) await tab.page.getByText(/^Reconnecting, retry in/).waitFor();
  await say(ann, "from the first tab");
  await say(second, "from the second tab");
  const unsent = timeline(second).locator("article.pending");
  await unsent.getByText("from the second tab").waitFor();
  assert.equal(await unsent.count(), 1, "a tab shows what was written in it");
  await ann.page.close();
  await server.restart();
  await sees(bob, "from the second tab");

  // What the closed tab left is sent by the next page that opens.
  const third = { ...ann, page: await ann.context.newPage() };
  await third.page.goto(server.url);
  await sees(third, "from the first tab");
  await sees(bob, "from the first tab");
  const texts = await sentTexts(bob);
  assert.deepEqual(texts.toSorted(), ["from the first tab", "from the second tab"], "each once");

  // Signing out in one signs out in all.
  await chooseItem(third, "Sign out");
  await third.page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
  await third.page.getByLabel("Your name").waitFor();
  await second.page.getByLabel("Your name").waitFor();
});
