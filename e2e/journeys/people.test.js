// People come in, find each other, and stay in charge: accounts, private rooms, conversations, administration.

import assert from "node:assert/strict";
import { test } from "node:test";

import { arrive, openBrowser } from "../harness/browser.js";
import { PASSWORD, chooseItem, composer, enter, join, openPage, say, sees, shownLink, signIn, timeline } from "../harness/chat.js";
import { picture } from "../harness/file.js";
import { startServer } from "../harness/server.js";
import { totp } from "../harness/totp.js";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/// Creates a room that only invited people see, and opens it.
async function createPrivateRoom(person, name) {
  const { page } = person;
  await page.getByRole("button", { name: "New room" }).click();
  const dialog = page.getByRole("dialog", { name: "New room" });
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("Who is it for?").selectOption("private");
  await dialog.getByRole("button", { name: "Create room" }).click();
  await page.getByRole("heading", { name, level: 2 }).waitFor();
}

async function openDetails(person) {
  await person.page.getByRole("button", { name: /^Details of this room/ }).click();
  const details = person.page.getByRole("region", { name: "Details of this room" });
  await details.waitFor();
  return details;
}

/// Chooses from the menu beside a member's name.
async function doWith(person, name, item) {
  await person.page.getByRole("button", { name: `What to do with ${name}` }).click();
  await person.page.getByRole(/^(Owner|Admin|Moderator|Member)$/.test(item) ? "menuitemradio" : "menuitem", { name: item }).click();
}

test("from the owner's link to a talk in a private room", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  const start = Date.now();

  const ann = await arrive(browser, await server.ownersLink());
  await ann.page.getByRole("heading", { name: /^Make .* yours$/ }).waitFor();
  await ann.see("people-owner");
  await ann.checkAccess();
  await ann.page.getByLabel("Your name").fill("Ann");
  await ann.page.getByLabel("Password").fill(PASSWORD);
  await ann.page.getByRole("button", { name: "Create account" }).click();
  await composer(ann).waitFor();
  assert.ok(!ann.page.url().includes("invite"), `the link is in no history: ${ann.page.url()}`);
  await createPrivateRoom(ann, "plans");
  await openDetails(ann);
  await ann.page.getByRole("button", { name: "Invitation link" }).click();
  await ann.page.getByRole("dialog").getByRole("button", { name: "Make a link" }).click();
  await ann.page.getByRole("img", { name: "QR code" }).waitFor();
  await ann.see("people-invitation");
  await ann.checkAccess();
  const link = await shownLink(ann);

  const bob = await arrive(browser, link, { ...PHONE, colorScheme: "dark" });
  await bob.page.getByRole("heading", { name: "Ann invites you to #plans" }).waitFor();
  await bob.see("people-invited");
  await bob.checkAccess();
  await bob.page.getByLabel("Your name").fill("Bob");
  await bob.page.getByLabel("Password").fill(PASSWORD);
  await bob.page.locator("form").getByRole("button", { name: "Create account" }).click();
  await bob.page.getByRole("heading", { name: "plans", level: 2 }).waitFor();
  await say(bob, "Here I am");
  await sees(ann, "Here I am");
  await say(ann, "@Bob welcome");
  await sees(bob, "@Bob welcome");
  await ann.page.getByText("Read by Bob").waitFor();
  t.diagnostic(`the owner's link to a talk in a private room: ${((Date.now() - start) / 1000).toFixed(1)} s`);
  await ann.see("people-private-light");
  await bob.see("people-private-dark");
  for (const person of [ann, bob]) await person.checkAccess();

  // For others there is no such room.
  const cid = await enter(browser, server.url, "Cid");
  await cid.page.goto(`${server.url}rooms/plans`);
  await cid.page.getByRole("button", { name: "Join #plans" }).click();
  await cid.page.getByRole("alert").filter({ hasText: /no .*room/i }).waitFor();
  await cid.page.getByRole("button", { name: "Back to the rooms" }).click();
  assert.equal(await cid.page.getByRole("button", { name: "plans" }).count(), 0);
  for (const person of [ann, bob, cid]) person.checkProblems();
});

test("an account is its owner's: password, second factor, sessions", async (t) => {
  const server = await startServer(t, { args: ["--registration", "open"] });
  const browser = await openBrowser(t);
  const ann = await arrive(browser, server.url);
  await ann.page.getByRole("button", { name: "Create account" }).click();
  await ann.page.getByLabel("Your name").fill("Ann");
  await ann.page.getByLabel("Password").fill("short");
  await ann.page.locator("form").getByRole("button", { name: "Create account" }).click();
  await ann.page.getByRole("alert").filter({ hasText: /at least/ }).waitFor();
  await ann.see("people-weak-password");
  await ann.page.getByLabel("Password").fill(PASSWORD);
  await ann.page.locator("form").getByRole("button", { name: "Create account" }).click();
  await composer(ann).waitFor();
  ann.expectRefusal();

  // A picture and a status, which others see.
  await openPage(ann, "Profile and account", "Profile");
  await ann.page.getByLabel("Choose a picture").setInputFiles({ name: "me.png", mimeType: "image/png", buffer: picture(400, 300, 0.2) });
  await ann.page.locator(".profile img").waitFor();
  await ann.page.getByLabel("Status").fill("In the garden");
  await ann.page.getByRole("button", { name: "Save" }).click();
  await ann.page.getByText("Your profile is saved.").waitFor();
  await ann.see("people-profile");
  await ann.checkAccess();

  await openPage(ann, "Profile and account", "Security");
  await ann.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await ann.page.getByRole("button", { name: "Set up" }).click();
  const dialog = ann.page.getByRole("dialog", { name: "Second factor" });
  const secret = (await dialog.locator(".secret").innerText()).replace(/\s/g, "");
  await ann.see("people-second-factor");
  await ann.checkAccess();
  await dialog.getByLabel("Code", { exact: true }).fill(totp(secret, -1));
  await dialog.getByRole("button", { name: "Confirm" }).click();
  await ann.page.getByRole("button", { name: "Turn off" }).waitFor();

  // Elsewhere: the wrong password, then the right one, then the code that is asked for.
  const phone = await arrive(browser, server.url, PHONE);
  await signIn(phone, "Ann", "not her password");
  await phone.page.getByRole("alert").filter({ hasText: /password/i }).waitFor();
  await phone.page.getByLabel("Password").fill(PASSWORD);
  await phone.page.locator("form").getByRole("button", { name: "Sign in" }).click();
  await phone.page.getByLabel("Code").waitFor();
  await phone.see("people-code");
  await phone.checkAccess();
  await phone.page.getByLabel("Code").fill(totp(secret));
  await phone.page.locator("form").getByRole("button", { name: "Sign in" }).click();
  await composer(phone).waitFor();
  phone.expectRefusal();

  // Signed out from afar, at once.
  await ann.page.getByRole("link", { name: "Sessions" }).click();
  await ann.page.getByText("This one").waitFor();
  await ann.see("people-sessions");
  await ann.checkAccess();
  await ann.page.getByRole("main").getByRole("button", { name: "Sign out", exact: true }).click();
  await phone.page.getByRole("group", { name: "How to come in" }).waitFor();
  await phone.see("people-signed-out");
  await composer(ann).waitFor({ state: "detached" });
  await ann.page.reload();
  await ann.ready();
  await ann.page.getByText("This one").waitFor();

  // A bot, whose token is shown once.
  await ann.page.getByRole("link", { name: "Bots" }).click();
  await ann.page.getByRole("button", { name: "New bot" }).click();
  await ann.page.getByRole("dialog").getByLabel("Name").fill("build-bot");
  await ann.page.getByRole("dialog").getByRole("button", { name: "Create bot" }).click();
  await ann.page.getByRole("dialog", { name: "Token of build-bot" }).waitFor();
  assert.ok((await shownLink(ann)).length > 20, "a token");
  await ann.page.getByText("read, send · never used").waitFor();
  for (const person of [ann, phone]) person.checkProblems();
});

test("people talk in private, look after rooms, and are put out of them", async (t) => {
  const server = await startServer(t, { args: ["--registration", "open"] });
  const browser = await openBrowser(t);
  const ann = await join(browser, await server.ownersLink(), "Ann");
  const bob = await enter(browser, server.url, "Bob", { colorScheme: "dark" });
  const cid = await enter(browser, server.url, "Cid");

  // A conversation of two, and one of three.
  await bob.page.getByRole("button", { name: "New message" }).click();
  const picker = bob.page.getByRole("dialog", { name: "New message" });
  await picker.getByLabel("Search people").fill("an");
  await picker.getByRole("button", { name: "Ann", pressed: false }).click();
  await bob.see("people-new-message");
  await bob.checkAccess();
  await picker.getByRole("button", { name: "Start talking" }).click();
  await bob.page.getByRole("heading", { name: "Ann", level: 2 }).waitFor();
  await say(bob, "Between us");
  await ann.page.getByRole("button", { name: /^Bob.*unread/ }).click();
  await sees(ann, "Between us");
  await say(ann, "Of course");
  await sees(bob, "Of course");
  await bob.see("people-direct");
  await cid.page.getByRole("button", { name: "Bob" }).first().click();
  const card = cid.page.getByRole("dialog", { name: "Profile" });
  await card.getByText("Guest").waitFor();
  await cid.see("people-card");
  await cid.checkAccess();
  await card.getByRole("button", { name: "Close" }).click();
  await ann.page.getByRole("button", { name: "New message" }).click();
  for (const name of ["Bob", "Cid"]) await ann.page.getByRole("dialog").getByRole("button", { name, exact: true, pressed: false }).click();
  await ann.page.getByRole("button", { name: "Start talking" }).click();
  await ann.page.getByRole("heading", { name: /^(Bob, Cid|Cid, Bob)$/, level: 2 }).waitFor();
  await say(ann, "The three of us");
  await cid.page.getByRole("button", { name: /^(Ann, Bob|Bob, Ann).*unread/ }).click();
  await sees(cid, "The three of us");

  // A private room, into which two are added; one becomes a moderator.
  await createPrivateRoom(ann, "attic");
  const details = await openDetails(ann);
  await details.getByRole("button", { name: "Add people" }).click();
  for (const name of ["Bob", "Cid"]) await ann.page.getByRole("dialog").getByRole("button", { name, exact: true, pressed: false }).click();
  await ann.page.getByRole("dialog").getByRole("button", { name: "Add", exact: true }).click();
  for (const person of [bob, cid]) {
    await person.page.getByRole("button", { name: /attic/ }).click();
    await person.page.getByRole("heading", { name: "attic", level: 2 }).waitFor();
  }
  await doWith(ann, "Bob", "Moderator");
  await timeline(cid).getByText("Ann made Bob a moderator of the room").waitFor();
  await details.getByRole("button", { name: /Bob.*Moderator/ }).waitFor();
  await ann.see("people-members");
  await ann.checkAccess();

  // What one says can be taken back, and what others say by who looks after the room.
  await say(cid, "I regret this");
  await sees(bob, "I regret this");
  await openDetails(bob);
  const message = timeline(bob).locator("article", { hasText: "I regret this" });
  await message.hover();
  await message.getByRole("button", { name: "What to do with the message of Cid" }).click();
  await bob.see("people-message-menu");
  await bob.page.getByRole("menuitem", { name: "Remove message" }).click();
  await bob.page.getByRole("dialog").getByRole("button", { name: "Remove message" }).click();
  for (const person of [ann, bob, cid]) {
    await timeline(person).getByText("I regret this").waitFor({ state: "detached" });
    await timeline(person).getByText(/Cid.*removed/).waitFor();
  }

  // Reported to the admins.
  await say(bob, "This is borderline");
  const other = timeline(cid).locator("article", { hasText: "This is borderline" });
  await other.hover();
  await other.getByRole("button", { name: /^What to do with the message/ }).click();
  await cid.page.getByRole("menuitem", { name: "Report to the admins" }).click();
  await cid.page.getByRole("dialog").getByLabel("What is wrong with it?").fill("Not nice");
  await cid.page.getByRole("dialog").getByRole("button", { name: "Report" }).click();
  await cid.page.getByText("The admins will look at it.").waitFor();

  // Put out while the room is open: it is gone at once, and does not come back.
  await doWith(bob, "Cid", "Ban from the room");
  await bob.page.getByRole("dialog").getByRole("button", { name: "Ban" }).click();
  await cid.page.getByText("You are not in #attic").waitFor();
  await cid.see("people-banned");
  assert.equal(await timeline(cid).count(), 0);
  await cid.page.getByRole("button", { name: "Join #attic" }).click();
  await cid.page.getByRole("alert").filter({ hasText: /./ }).waitFor();
  await details.getByRole("button", { name: "Banned people" }).click();
  await ann.page.getByRole("dialog").getByRole("button", { name: "Let in again" }).click();
  await ann.page.getByText("Nobody is banned.").waitFor();
  await ann.page.keyboard.press("Escape");

  // Renamed while it is open elsewhere, then archived.
  await details.getByRole("button", { name: "Change room" }).click();
  const form = ann.page.getByRole("dialog", { name: "Change #attic" });
  await form.getByLabel("Name").fill("loft");
  await form.getByLabel("Topic").fill("Under the roof");
  await form.getByRole("button", { name: "Save" }).click();
  await bob.page.getByRole("heading", { name: "loft", level: 2 }).waitFor();
  assert.match(bob.page.url(), /\/rooms\/loft$/);
  await details.getByRole("button", { name: "Archive", exact: true }).click();
  await ann.page.getByRole("dialog").getByRole("button", { name: "Archive" }).click();
  const room = bob.page.getByRole("region", { name: "Room", exact: true });
  await room.getByText("#loft is archived").waitFor();
  assert.equal(await composer(bob).count(), 0, "nobody can write in it");
  await bob.see("people-archived");
  await bob.checkAccess();

  // The admins look at what was reported.
  await openPage(ann, "Administration", "Reports");
  await ann.page.getByText("Not nice").waitFor();
  await ann.see("people-reports");
  await ann.checkAccess();
  await ann.page.getByRole("button", { name: "Remove message" }).click();
  await ann.page.getByText("Nobody has reported anything.").waitFor();
  await timeline(bob).getByText("This is borderline").waitFor({ state: "detached" });
  for (const person of [ann, bob, cid]) person.checkProblems();
});

test("an administrator looks after the server", async (t) => {
  const server = await startServer(t, { args: ["--registration", "invitation"] });
  const browser = await openBrowser(t);
  const ann = await join(browser, await server.ownersLink(), "Ann");
  await openPage(ann, "Administration", "Invitations");
  await ann.page.getByRole("button", { name: "New invitation" }).click();
  await ann.page.getByRole("dialog").getByRole("button", { name: "Make a link" }).click();
  const bob = await join(browser, await shownLink(ann), "Bob", { colorScheme: "dark" });
  await ann.page.getByText("used 0 of 10 times").waitFor();
  await ann.see("people-invitations");
  await ann.checkAccess();
  await ann.page.getByRole("button", { name: "Revoke" }).click();
  await ann.page.getByText("There are no open invitations.").waitFor();

  // Bob becomes an admin, and his page knows it at once.
  await ann.page.getByRole("link", { name: "People" }).click();
  await ann.page.getByLabel("Search people").fill("bo");
  await doWith(ann, "Bob", "Admin");
  await ann.page.getByText(/^Admin · /).waitFor();
  await ann.see("people-admin");
  await ann.checkAccess();
  await openPage(bob, "Administration", "Settings");
  await bob.page.getByLabel("Guests may come in with only a name").uncheck();
  await bob.page.getByRole("button", { name: "Save" }).click();
  await bob.page.getByText("The settings are saved.").waitFor();
  await bob.see("people-settings");
  await bob.checkAccess();
  const late = await arrive(browser, server.url);
  await late.page.getByLabel("Name", { exact: true }).waitFor();
  assert.equal(await late.page.getByRole("button", { name: "Guest" }).count(), 0, "guests are not taken any more");
  await bob.page.getByRole("link", { name: "Storage" }).click();
  await bob.page.getByText("Left on the disk").waitFor();
  await bob.see("people-storage");

  // A forgotten password: a link, which signs the person out everywhere else.
  await doWith(ann, "Bob", "Link for a new password");
  await ann.page.getByRole("dialog").waitFor();
  const reset = await shownLink(ann);
  const phone = await arrive(browser, reset, PHONE);
  await phone.page.getByRole("heading", { name: "Choose a new password" }).waitFor();
  await phone.see("people-reset");
  await phone.checkAccess();
  await phone.page.getByLabel("Password").fill("another four words");
  await phone.page.getByRole("button", { name: "Set password" }).click();
  await composer(phone).waitFor();
  assert.ok(!phone.page.url().includes("invite"));
  await bob.page.getByLabel("Name", { exact: true }).waitFor();

  // All of it was written down.
  await ann.page.getByRole("link", { name: "Audit log" }).click();
  const log = ann.page.getByRole("listitem");
  for (const did of ["set role", "change settings", "reset password"]) await log.filter({ hasText: did }).first().waitFor();
  await ann.see("people-audit");
  await ann.checkAccess();

  // Taken off the server with all that he wrote.
  await ann.page.getByRole("button", { name: "lobby" }).click();
  await say(phone, "The last word");
  await sees(ann, "The last word");
  await openPage(ann, "Administration", "People");
  await doWith(ann, "Bob", "Remove from the server");
  await ann.page.getByLabel("Remove all that they wrote as well").check();
  await ann.page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await phone.page.getByLabel("Name", { exact: true }).waitFor();
  await ann.page.getByRole("button", { name: "lobby" }).click();
  await timeline(ann).getByText("The last word").waitFor({ state: "detached" });
  await chooseItem(ann, "Sign out");
  await ann.page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
  await ann.page.getByLabel("Name", { exact: true }).waitFor();
  for (const person of [ann, bob, phone, late]) person.expectRefusal();
  for (const person of [ann, bob, phone, late]) person.checkProblems();
});
