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
