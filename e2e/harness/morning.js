// What there is to look at in the pictures.

import { connectTcp } from "./tcp.js";

/// A morning in a small team, told by people on sockets.
export async function fill(t, server) {
  const [mara, jonas, priya, bot] = await Promise.all(["Mara", "Jonas", "Priya", "build-bot"].map((name) => connectTcp(t, server.tcp, name)));
  mara.send({ type: "create_room", request_id: 2, name: "field-trip", topic: "Thursday, bus leaves 8:15 from the gate" });
  await mara.next((frame) => frame.type === "room_joined");
  bot.send({ type: "create_room", request_id: 2, name: "builds", topic: "What the build machine says" });
  await bot.next((frame) => frame.type === "room_joined");
  for (const one of [jonas, priya]) one.send({ type: "join_room", request_id: 3, room: "field-trip" });
  for (const one of [jonas, priya]) await one.next((frame) => frame.type === "room_joined");
  let id = 10;
  const speak = async (who, text, room = "lobby") => {
    who.send({ type: "send_message", request_id: ++id, room, text });
    await who.next((frame) => frame.type === "message_accepted" && frame.request_id === id);
  };
  await speak(mara, "Morning! The projector in room 4 is fixed, so the afternoon session moves back there.");
  await speak(mara, "I put the new timetable on the door as well.");
  await speak(jonas, "Perfect. Could somebody bring the long HDMI cable? Mine is **too short** for the new table.");
  await speak(priya, "I have one in my bag, will leave it on the desk.");
  await speak(bot, "Build 1482 passed in 3 min 12 s\n```text\n214 tests, 0 failed\n0 warnings\n```");
  await speak(jonas, "Nice. Two things for today:\n\n1. Measurements from the roof sensor go to `data/roof/`\n2. Please write the *units* into the first line\n\n> Last time we guessed, and guessed wrong.\n\nHow it is meant: https://en.wikipedia.org/wiki/Comma-separated_values");
  await speak(priya, "On it");
  await speak(priya, "The sensor was offline between 02:10 and 02:40, I marked the gap.");
  await speak(mara, "Everybody who comes on Thursday: tell me by tonight what you want to eat", "field-trip");
  return { mara, jonas, priya, bot, speak };
}
