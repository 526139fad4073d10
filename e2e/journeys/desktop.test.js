// The window on its own screen: what is written is never lost, everything can be done by keyboard, and how it looks.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";

import { openDesktop } from "../harness/desktop.js";
import { noise, picture } from "../harness/file.js";
import { openGate } from "../harness/gate.js";
import { fill } from "../harness/morning.js";
import { startServer } from "../harness/server.js";
import { connectTcp } from "../harness/tcp.js";
import { until } from "../harness/wait.js";

test("what is written in the window survives a server that goes away and a window that is closed", async (t) => {
  const server = await startServer(t);
  const bob = await connectTcp(t, server.tcp, "Bob");
  const eve = await openDesktop(t, server, "Eve");
  await eve.say("before");
  await eve.sees("before");
  assert.equal((await bob.heard(1))[0].event.text, "before");

  await server.kill();
  await eve.reads(/^Reconnecting, retry in/);
  await eve.say("written while away");
  await eve.waits("written while away");
  await eve.see("desktop-reconnecting");
  await server.restart();
  await eve.pressIfThere("button", "Retry now");
  await eve.sees("written while away");

  await server.kill();
  await eve.reads(/^Reconnecting, retry in/);
  await eve.say("survives its window");
  await eve.waits("survives its window");
  await eve.kill();
  await server.restart();
  await eve.start();
  await eve.sees("survives its window");
  const texts = ["before", "written while away", "survives its window"];
  assert.deepEqual(await eve.order(texts), texts, "each once");
  const cid = await connectTcp(t, server.tcp, "Cid");
  cid.send({ type: "send_message", request_id: 2, room: "lobby", text: "welcome back" });
  await eve.sees("welcome back");
});

test("rooms are changed, an image is pasted, a link is copied, a file is saved", async (t) => {
  const server = await startServer(t);
  const { priya, speak } = await fill(t, server);
  const eve = await openDesktop(t, server, "Eve");
  await eve.sees("On it");

  // To another room and back; what comes meanwhile is counted.
  await eve.press("button", "Browse all rooms");
  await eve.press("button", "Join field-trip");
  await eve.find("textbox", "Message to #field-trip");
  await speak(priya, "Are you there?");
  await eve.find("listitem", "lobby, 1 unread");
  await eve.screen.keys("ctrl+k");
  await eve.isFocused(() => eve.find("textbox", "Name of the room"));
  await eve.screen.type("lob");
  await eve.screen.keys("Return");
  await eve.find("textbox", "Message to #lobby");
  await eve.sees("Are you there?");

  // An image from the clipboard.
  await eve.screen.copy(picture(640, 400, 0.3), "image/png");
  await eve.focus(() => eve.composer());
  await eve.screen.keys("ctrl+v");
  await eve.find("button", /^(Cancel|Remove) .*\.png$/);
  await eve.say("from the clipboard");
  const message = await priya.next(({ event }) => event?.text === "from the clipboard");
  const [image] = message.event.attachments;
  assert.deepEqual(image.image, { width: 640, height: 400 });
  const answer = await fetch(new URL(image.link, server.url));
  await eve.press("image", image.name);
  await until(async () => (await eve.all("image", image.name)).length === 2, () => "it is not shown large", 10_000);
  assert.deepEqual(await eve.download(image.name), Buffer.from(await answer.arrayBuffer()));
  await eve.find("button", `Show ${image.name} in its folder`);
  await eve.see("desktop-image");
  await eve.screen.keys("Escape");
  await eve.gone("button", "Close the image");

  // A file of somebody else, and its address.
  const table = noise(48_000);
  const { file_id, link } = await priya.upload("measurements.csv", table);
  priya.send({ type: "send_message", request_id: 50, room: "lobby", text: "the table", attachments: [file_id] });
  await eve.press("button", "Copy link to measurements.csv");
  await eve.screen.hasCopied(new URL(link, server.url).href);
  assert.deepEqual(await eve.download("measurements.csv"), table);
});

test("a room, one's account and the server are looked after in the window", async (t) => {
  const server = await startServer(t);
  const bob = await connectTcp(t, server.tcp, "Bob");
  const cid = await connectTcp(t, server.tcp, "Cid");
  const olga = await openDesktop(t, server, "Olga", { link: await server.ownersLink() });

  // A private room, into which two are added; one is banned from it.
  await olga.press("button", "New room");
  await olga.isFocused(() => olga.find("textbox", "Name"));
  await olga.screen.type("attic");
  await until(async () => (await olga.text(await olga.find("textbox", "Name"))) === "attic", () => "the name is not typed", 10_000);
  await olga.press("radiobutton", "Private: only those who are invited");
  await olga.see("desktop-new-room");
  await olga.press("button", "Create room");
  await olga.find("textbox", "Message to #attic");
  await olga.press("button", "Add people");
  await olga.isFocused(() => olga.find("textbox", "Search people"));
  for (const name of ["Bob", "Cid"]) {
    await olga.pressIn("Add people to #attic", "togglebutton", name);
    await olga.find("button", `Leave out ${name}`);
  }
  await olga.see("desktop-add-people");
  await olga.press("button", "Add");
  await bob.next((frame) => frame.type === "room_entered" && frame.room.room.name === "attic");
  await olga.find("listitem", "Bob, online");
  await olga.choose("What to do with Bob", "Moderator");
  await olga.find("listitem", "Bob, online, moderator");
  cid.send({ type: "send_message", request_id: 7, room: "attic", text: "@Olga this is borderline" });
  await olga.sees("this is borderline");
  await olga.see("desktop-room");
  await olga.choose("What to do with the message of Cid", "Remove message");
  await olga.find("dialog", "Remove the message of Cid?");
  await olga.see("desktop-question");
  await olga.pressIn("Remove the message of Cid?", "button", "Remove message");
  await cid.next(({ event }) => event?.type === "messages_removed");
  await olga.reads(/^Cid wrote a message that was removed/);
  await olga.choose("What to do with Cid", "Ban from the room");
  await olga.pressIn("Ban Cid from #attic?", "button", "Ban");
  await cid.next((frame) => frame.type === "room_exited");

  // A conversation of two.
  await olga.press("button", "Cid");
  await olga.find("dialog", "Profile");
  await olga.see("desktop-card");
  await olga.pressIn("Profile", "button", "Message");
  await olga.find("textbox", "Message to Cid");
  await olga.say("Sorry about that");
  await cid.next(({ event }) => event?.text === "Sorry about that");

  // Oneself, and what only an owner sees.
  await olga.choose("Olga, menu", "Do not disturb");
  await olga.choose("Olga, menu", "Profile and account");
  for (const [tab, text] of YOU) await page(olga, tab, text);
  await olga.screen.keys("Escape");
  await olga.find("textbox", "Message to Cid");
  await olga.choose("Olga, menu", "Administration");
  for (const [tab, text] of ADMINISTRATION) await page(olga, tab, text);
  await olga.press("tab", "Invitations");
  await olga.press("button", "New invitation");
  await olga.press("button", "Make a link");
  await olga.find("image", "QR code");
  await olga.see("desktop-invitation");
});

/// Pages, and something that each of them says.
const YOU = [["Profile", "Choose a picture"], ["Security", "Set up"], ["Sessions", "This one"], ["Bots", "You have no bots."]];
const ADMINISTRATION = [
  ["People", /^Guest · here now/],
  ["Rooms", /^private · 2 people/],
  ["Invitations", "There are no open invitations."],
  ["Reports", "Nobody has reported anything."],
  ["Settings", "Whoever has an invitation"],
  ["Storage", "Left on the disk"],
  ["Audit log", "The operator"],
];

/// Opens a page, waits until it says something, and looks at it.
async function page(person, tab, text) {
  await person.press("tab", tab);
  await person.reads(text);
  await person.see(`desktop-${tab.toLowerCase().replace(" ", "-")}`);
}

/// Screens on which the window is looked at: `width` and `height` in points, `scale` in pixels a point.
const SCREENS = [
  { name: "wide", width: 1280, height: 800, scale: 1 },
  { name: "narrow", width: 480, height: 800, scale: 1 },
  { name: "wide-2x", width: 1280, height: 800, scale: 2 },
  { name: "narrow-2x", width: 480, height: 800, scale: 2 },
];
const NAMES = ["Ada", "Ben", "Cleo", "Dario", "Elif", "Finn", "Greta", "Hugo"];

test("the window looks right in light and dark, on small and large screens", async (t) => {
  const server = await startServer(t);
  const { mara, jonas, priya, speak } = await fill(t, server);
  const share = async (who, text, name, bytes) => {
    const { file_id } = await who.upload(name, bytes);
    who.send({ type: "send_message", request_id: 1, room: "lobby", text, attachments: [file_id] });
    await who.next((frame) => frame.type === "message_accepted" && frame.request_id === 1);
  };
  await share(jonas, "This is what it looks like up there:", "roof.png", picture(720, 320, 0.4));
  await share(priya, "And the first week:", "roof, first week.csv", noise(48_000));
  const people = [];
  for (const appearance of ["light", "dark"]) {
    for (const screen of SCREENS) {
      const gate = await openGate(t, server.tcp);
      const person = await openDesktop(t, { tcp: gate.address }, NAMES[people.length], { ...screen, settings: { appearance } });
      await person.sees("And the first week:");
      await person.kill();
      people.push({ person, gate, name: `desktop-${screen.name}-${appearance}` });
    }
  }
  await speak(mara, "今日は屋上で写真を撮りました。안녕하세요! 🌤️🚀 Ça va, Zoë? Привет!");
  await speak(priya, "```rust\nfn mean(values: &[f64]) -> f64 {\n    values.iter().sum::<f64>() / values.len() as f64\n}\n```");
  const film = noise(24 << 20);
  for (const { person, gate, name } of people) {
    const given = path.join(person.screen.home, "film from the roof.mp4");
    await writeFile(given, film);
    gate.hold(9 << 20);
    await person.start([given]);
    await person.sees("fn mean");
    await gate.isHeld();
    await person.find("button", "Cancel film from the roof.mp4");
    await person.see(name);
    await person.kill();
  }
});
