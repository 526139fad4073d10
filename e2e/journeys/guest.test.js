// A guest who has talked makes an account, and comes back as who they were.

import assert from "node:assert/strict";
import { test } from "node:test";

import { arrive, openBrowser } from "../harness/browser.js";
import { PASSWORD, chooseItem, composer, enter, openPage, say, sees, signIn, timeline } from "../harness/chat.js";
import { startServer } from "../harness/server.js";

test("a guest keeps name and messages with a password", async (t) => {
  const server = await startServer(t, { args: ["--registration", "open"] });
  const browser = await openBrowser(t);
  const ann = await enter(browser, server.url, "Ann");
  await say(ann, "Said as a guest");
  await sees(ann, "Said as a guest");
  await openPage(ann, "Profile and account", "Profile");
  const { page } = ann;
  const form = page.locator("section.part", { hasText: "You are here as a guest" });
  await form.getByLabel("Password").fill("short");
  await form.getByRole("button", { name: "Create account" }).click();
  await form.getByRole("alert").filter({ hasText: /\S/ }).first().waitFor();
  ann.expectRefusal();
  await ann.see("guest-account-refused");
  await form.getByLabel("Invitation link").fill("not a link");
  await form.getByLabel("Password").fill(PASSWORD);
  await form.getByRole("button", { name: "Create account" }).click();
  await form.getByText("This is no link of an invitation").waitFor();
  await form.getByLabel("Invitation link").fill("");
  await ann.checkAccess();
  await ann.see("guest-account");
  await form.getByRole("button", { name: "Create account" }).click();
  await form.waitFor({ state: "detached" });
  await page.getByText("You have an account now.").waitFor();
  // What an account has besides is there at once.
  await page.getByRole("link", { name: "Security", exact: true }).click();
  await page.getByLabel("Current password").waitFor();
  await chooseItem(ann, "Sign out");
  await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("group", { name: "How to come in" }).waitFor();
  ann.checkProblems();

  const elsewhere = await arrive(browser, server.url);
  await signIn(elsewhere, "Ann");
  await composer(elsewhere).waitFor();
  await sees(elsewhere, "Said as a guest");
  await say(elsewhere, "Said with an account");
  await sees(elsewhere, "Said with an account");
  assert.equal(await timeline(elsewhere).getByText("Ann", { exact: true }).count(), 1, "one person, one group");
  elsewhere.checkProblems();
});
