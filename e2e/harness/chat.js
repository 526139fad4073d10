// What people do on the page, so that journeys read like what they tell.

import assert from "node:assert/strict";

import { arrive } from "./browser.js";

/// A new person who has chosen a name and sees the lobby.
export async function enter(browser, url, name, options = {}) {
  const person = await arrive(browser, url, options);
  await person.page.getByLabel("Your name").fill(name);
  await person.page.getByRole("button", { name: "Start chatting" }).click();
  await composer(person).waitFor();
  return person;
}

/// The field in which a message is written.
export function composer(person) {
  return person.page.getByRole("textbox", { name: /^Message to #/ });
}

/// The messages of the open room.
export function timeline(person) {
  return person.page.getByRole("log");
}

/// Writes a message and sends it as most people do.
export async function say(person, text) {
  await composer(person).fill(text);
  await composer(person).press("Enter");
}

/// The texts of the open room that the server has, from top to bottom.
export async function sentTexts(person) {
  return timeline(person).locator("article:not(.pending) .text").allInnerTexts();
}

/// Waits until the open room shows the text as one that the server has.
export async function sees(person, text) {
  await timeline(person).locator("article:not(.pending) .text").getByText(text, { exact: true }).first().waitFor();
}

/// Fails unless everybody sees these texts of the open room, in this order and once each.
export async function allSee(people, texts) {
  for (const person of people) {
    for (const text of texts) await sees(person, text);
    assert.deepEqual((await sentTexts(person)).filter((text) => texts.includes(text)), texts);
  }
}
