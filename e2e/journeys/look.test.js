// How the page looks, to be looked at, and that everybody can use it: light, dark, wide, phone, with a screen reader.

import assert from "node:assert/strict";
import { test } from "node:test";

import { arrive, openBrowser } from "../harness/browser.js";
import { composer, enter, say, sees, sentTexts, timeline } from "../harness/chat.js";
import { choose, noise, picture } from "../harness/file.js";
import { fill } from "../harness/morning.js";
import { startServer } from "../harness/server.js";
import { connectTcp } from "../harness/tcp.js";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

test("the page looks right and everybody can use it", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  for (const colorScheme of ["light", "dark"]) {
    const guest = await arrive(browser, server.url, { colorScheme });
    await guest.page.getByLabel("Your name").waitFor();
    await guest.see(`welcome-${colorScheme}`);
    await guest.checkAccess();
    guest.checkProblems();
    await guest.context.close();
  }
  const people = await fill(t, server);
  const ann = await enter(browser, server.url, "Ann");
  const bob = await enter(browser, server.url, "Bob", { colorScheme: "dark" });
  for (const person of [ann, bob]) {
    await person.page.getByRole("button", { name: "Browse all rooms" }).click();
    await person.page.getByRole("button", { name: "Join field-trip" }).waitFor();
    await person.see(`browse-${person === ann ? "light" : "dark"}`);
    await person.checkAccess();
    await person.page.getByRole("button", { name: "Join field-trip" }).click();
    await person.page.getByRole("heading", { name: "field-trip", level: 2 }).waitFor();
    await person.page.getByRole("button", { name: "lobby" }).click();
    await sees(person, "On it");
  }
  await say(ann, "Thanks, Priya. I can take the measurements over lunch and send the table to everybody after that.");
  await sees(bob, "Thanks, Priya. I can take the measurements over lunch and send the table to everybody after that.");
  await choose(ann, [
    { name: "roof.png", mimeType: "image/png", buffer: picture(360, 160, 0.4) },
    { name: "roof, first week.csv", mimeType: "text/csv", buffer: noise(48_000) },
  ]);
  await say(ann, "This is what it looks like up there:");
  await timeline(bob).getByText("roof, first week.csv").waitFor();
  await people.speak(people.priya, "Vegetarian for me, please", "field-trip");
  people.jonas.send({ type: "set_typing", room: "lobby", typing: true });
  await composer(bob).fill("A half-written answer that stays with its room");
  await ann.page.getByRole("button", { name: /field-trip.*unread/ }).waitFor();
  for (const [person, scheme] of [[ann, "light"], [bob, "dark"]]) {
    await person.see(`wide-${scheme}`);
    await person.checkAccess();
    await person.page.getByRole("button", { name: /Details of this room/ }).click();
    await person.page.getByRole("region", { name: "Details of this room" }).waitFor();
    await person.see(`details-${scheme}`);
    await person.checkAccess();
    await person.page.keyboard.press("Control+k");
    await person.page.getByRole("combobox").waitFor();
    await person.see(`jump-${scheme}`);
    await person.checkAccess();
    await person.page.keyboard.press("Escape");
    person.checkProblems();
  }
});

test("a phone shows one pane at a time", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  await fill(t, server);
  for (const colorScheme of ["light", "dark"]) {
    const cid = await enter(browser, server.url, colorScheme === "light" ? "Cid" : "Dee", { ...PHONE, colorScheme });
    await sees(cid, "On it");
    await cid.see(`phone-room-${colorScheme}`);
    await cid.checkAccess();
    assert.equal(await cid.page.getByRole("navigation").isVisible(), false, "the list is behind the room");
    await cid.page.getByRole("button", { name: "Back to the rooms" }).tap();
    await cid.page.getByRole("navigation").waitFor();
    assert.equal(await timeline(cid).isVisible(), false, "the room is behind the list");
    await cid.see(`phone-list-${colorScheme}`);
    await cid.checkAccess();
    for (const button of await cid.page.getByRole("button").all()) {
      const box = (await button.isVisible()) && (await button.boundingBox());
      if (box) assert.ok(box.height >= 44, `a finger meets ${await button.innerText()}: ${box.height} px`);
    }
    await cid.page.getByRole("button", { name: "lobby" }).tap();
    await timeline(cid).waitFor();
    await cid.page.goBack();
    await cid.page.getByRole("navigation").waitFor();
    const wide = await cid.page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(wide, 390, "nothing sticks out");
    cid.checkProblems();
  }
});

test("a long room scrolls without moving what is read", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  const script = await connectTcp(t, server.tcp, "script");
  for (let number = 1; number <= 420; number += 1) script.send({ type: "send_message", request_id: number, room: "lobby", text: `line ${number}` });
  await script.next((frame) => frame.type === "message_accepted" && frame.request_id === 420);
  const ann = await enter(browser, server.url, "Ann");
  await sees(ann, "line 420");
  const log = timeline(ann);
  const mounted = () => log.locator("article").count();
  assert.ok((await mounted()) <= 160, `${await mounted()} rows are mounted`);

  // Up to the beginning, a screen at a time; each line that was in sight stays where it was.
  const place = (text) => log.getByText(text, { exact: true }).first().boundingBox();
  for (let screens = 0; (await log.getByText("This is where #lobby begins").count()) === 0; screens += 1) {
    assert.ok(screens < 200, "the beginning is reached");
    const line = await log.evaluate((node) => {
      const edge = node.getBoundingClientRect();
      const inSight = [...node.querySelectorAll("article .text")].find((text) => text.getBoundingClientRect().top > edge.top + 200);
      return inSight?.innerText;
    });
    const before = await place(line);
    await log.evaluate((node) => node.scrollBy(0, -300));
    await ann.page.waitForFunction(() => document.querySelector("[role=log]").getAttribute("aria-busy") === "false");
    const after = await place(line);
    if (before && after && (await log.evaluate((node) => node.scrollTop)) > 0) {
      assert.ok(Math.abs(after.y - before.y - 300) <= 2, `${line} moved by ${after.y - before.y}, not 300`);
    }
    assert.ok((await mounted()) <= 160, `${await mounted()} rows are mounted`);
    const numbers = (await sentTexts(ann)).map((text) => Number(text.replace("line ", "")));
    assert.deepEqual(numbers, numbers.map((_, index) => numbers[0] + index), "every line is there, in its order");
  }
  await sees(ann, "line 1");

  // What comes now does not move it either, and is counted on the way back.
  const before = await place("line 3");
  script.send({ type: "send_message", request_id: 900, room: "lobby", text: "news" });
  const pill = ann.page.getByRole("button", { name: "1 new message" });
  await pill.waitFor();
  assert.deepEqual(await place("line 3"), before);
  await ann.see("jump-to-latest");
  await pill.click();
  await sees(ann, "news");
  await pill.waitFor({ state: "detached" });
  script.send({ type: "send_message", request_id: 901, room: "lobby", text: "more news" });
  await sees(ann, "more news");
  assert.ok(await log.getByText("more news").isVisible());
  const left = await log.evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight);
  assert.ok(left <= 1, "at the end, the end stays in sight");
  ann.checkProblems();
});
