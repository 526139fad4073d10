// Two people in browsers and one on a plain TCP socket talk in one room.

import assert from "node:assert/strict";
import { test } from "node:test";

import { arrive, openBrowser } from "../harness/browser.js";
import { allSee, composer, enter, say, sees, sentTexts, timeline } from "../harness/chat.js";
import { startServer } from "../harness/server.js";
import { connectTcp } from "../harness/tcp.js";

test("browsers and a plain socket see the same room", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  const ann = await enter(browser, server.url, "Ann");
  const script = await connectTcp(t, server.tcp, "build-bot");
  const bob = await enter(browser, server.url, "Bob", { colorScheme: "dark" });

  // A name that somebody has is refused with the reason, and another one is taken.
  const third = await arrive(browser, server.url);
  await third.page.getByLabel("Your name").fill("ann");
  await third.page.getByRole("button", { name: "Start chatting" }).click();
  await third.page.getByRole("alert").filter({ hasText: /name/i }).waitFor();
  await third.see("name-refused");
  third.expectRefusal();

  await say(ann, "Good morning");
  await sees(bob, "Good morning");
  script.send({ type: "send_message", request_id: 2, room: "lobby", text: "build 17 is green" });
  await sees(bob, "build 17 is green");
  await say(bob, "**Great**, see https://example.org/log");
  await sees(ann, "Great, see https://example.org/log");
  const link = timeline(ann).getByRole("link", { name: "https://example.org/log" });
  assert.equal(await link.getAttribute("rel"), "noopener noreferrer nofollow");
  await allSee([ann, bob], ["Good morning", "build 17 is green", "Great, see https://example.org/log"]);

  // Shift+Enter breaks the line, and markup of the page's own language stays text.
  await composer(ann).fill("one");
  await composer(ann).press("Shift+Enter");
  await composer(ann).pressSequentially("two <b>bold</b> <img src=x onerror=alert(1)>");
  await composer(ann).press("Enter");
  await sees(bob, "one\ntwo <b>bold</b> <img src=x onerror=alert(1)>");
  assert.equal(await timeline(bob).locator("img").count(), 0);

  // Everybody at once: one order for all.
  const words = ["a", "b", "c", "d", "e", "f", "g", "h"];
  for (const word of words) {
    script.send({ type: "send_message", room: "lobby", text: `script ${word}` });
    await Promise.all([say(ann, `ann ${word}`), say(bob, `bob ${word}`)]);
  }
  const all = words.flatMap((word) => [`script ${word}`, `ann ${word}`, `bob ${word}`]);
  for (const person of [ann, bob]) for (const text of all) await sees(person, text);
  const seen = (await sentTexts(ann)).filter((text) => all.includes(text));
  assert.equal(seen.length, all.length, "each message once");
  assert.deepEqual((await sentTexts(bob)).filter((text) => all.includes(text)), seen);
  await script.next((frame) => frame.type === "room_event" && frame.event.text === seen.at(-1));
  const told = script.frames.filter((frame) => frame.type === "room_event" && all.includes(frame.event.text));
  assert.deepEqual(told.map((frame) => frame.event.text), seen, "the socket was told the same");

  // Who is here, and who is typing.
  const here = ann.page.getByRole("navigation");
  for (const name of ["Bob", "build-bot"]) await here.getByRole("listitem").filter({ hasText: name }).waitFor();
  // At the pace of a person: what follows a message too closely is not passed on before it is repeated.
  const typing = composer(bob).pressSequentially("I am thinking while I am writing", { delay: 150 });
  await Promise.all([typing, ann.page.getByText("Bob is typing", { exact: true }).waitFor()]);
  script.send({ type: "set_typing", room: "lobby", typing: true });
  await ann.page.getByText(/^(Bob and build-bot|build-bot and Bob) are typing$/).waitFor();
  await ann.page.getByRole("button", { name: "Details of this room, 3 people" }).click();
  const details = ann.page.getByRole("region", { name: "Details of this room" });
  await details.getByRole("listitem").filter({ hasText: "build-bot" }).waitFor();
  await ann.see("people");
  await ann.checkAccess();
  await composer(bob).fill("");
  await ann.page.getByText("Bob is typing").waitFor({ state: "detached" });

  await ann.see("talk-light");
  await bob.see("talk-dark");
  for (const person of [ann, bob, third]) person.checkProblems();

  await bob.context.close();
  await here.getByRole("listitem").filter({ hasText: "Bob" }).waitFor({ state: "detached" });
  await details.locator("section", { hasText: "Away" }).getByRole("listitem").filter({ hasText: "Bob" }).waitFor();
});

test("people make rooms, find them, and read what they missed", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  const ann = await enter(browser, server.url, "Ann");
  const bob = await enter(browser, server.url, "Bob");

  await ann.page.getByRole("button", { name: "New room" }).click();
  const dialog = ann.page.getByRole("dialog", { name: "New room" });
  await dialog.getByLabel("Name").fill("lobby");
  await dialog.getByRole("button", { name: "Create room" }).click();
  await dialog.getByRole("alert").filter({ hasText: /./ }).waitFor();
  await dialog.getByLabel("Name").fill("garden party");
  await dialog.getByLabel("Topic").fill("Saturday at three");
  await dialog.getByRole("button", { name: "Create room" }).click();
  await ann.page.getByRole("heading", { name: "garden-party", level: 2 }).waitFor();
  assert.match(ann.page.url(), /\/rooms\/garden-party$/);
  await say(ann, "Who brings the cake?");

  await bob.page.getByRole("button", { name: "Browse all rooms" }).click();
  await bob.page.getByRole("button", { name: "Join garden-party" }).click();
  await sees(bob, "Who brings the cake?");
  await timeline(ann).getByText("Bob joined").waitFor();

  // What comes while one is elsewhere is counted, and marked when one comes back.
  await bob.page.keyboard.press("Alt+ArrowUp");
  await bob.page.getByRole("heading", { name: "lobby", level: 2 }).waitFor();
  await say(ann, "I do");
  await say(ann, "and juice");
  await bob.page.getByRole("button", { name: /garden-party.*2 unread/ }).waitFor();
  await bob.page.waitForFunction(() => document.title.startsWith("(2) "));
  await bob.page.keyboard.press("Control+k");
  await bob.page.getByRole("combobox").fill("gar");
  await bob.page.keyboard.press("Enter");
  await timeline(bob).getByRole("separator", { name: "2 new messages" }).waitFor();
  await bob.page.waitForFunction(() => !document.title.startsWith("("));
  await bob.see("unread");
  await bob.page.keyboard.press("Escape");
  await timeline(bob).getByRole("separator", { name: "2 new messages" }).waitFor({ state: "detached" });

  // A link to a room leads there, also for whoever is not in it.
  const cid = await enter(browser, server.url, "Cid");
  await cid.page.goto(`${server.url}rooms/garden-party`);
  await cid.page.getByRole("button", { name: "Join #garden-party" }).click();
  await sees(cid, "and juice");

  // Typing anywhere goes into the composer; a draft stays with its room.
  await bob.page.getByRole("heading", { name: "garden-party", level: 2 }).click();
  await bob.page.keyboard.type("half a thou");
  assert.equal(await composer(bob).inputValue(), "half a thou");
  await bob.page.getByRole("button", { name: "lobby" }).click();
  assert.equal(await composer(bob).inputValue(), "");
  await bob.page.reload();
  await bob.ready();
  await bob.page.getByRole("button", { name: "garden-party" }).click();
  await bob.page.waitForFunction(() => document.querySelector("textarea")?.value === "half a thou");

  await bob.page.getByRole("button", { name: /Details of this room/ }).click();
  await bob.page.getByRole("button", { name: "Leave #garden-party" }).click();
  await bob.page.getByRole("dialog").getByRole("button", { name: "Leave #garden-party" }).click();
  await bob.page.getByRole("heading", { name: "lobby", level: 2 }).waitFor();
  await timeline(ann).getByText("Bob left").waitFor();
  for (const person of [ann, bob, cid]) person.checkProblems();
});
