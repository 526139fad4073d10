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

/// What the people of the journeys sign in with.
export const PASSWORD = "four words are enough";

/// A new person who makes an account by the link and is in.
export async function join(browser, link, name, options = {}) {
  const person = await arrive(browser, link, options);
  await person.page.getByLabel("Your name").fill(name);
  await person.page.getByLabel("Password").fill(PASSWORD);
  await person.page.locator("form").getByRole("button", { name: "Create account" }).click();
  await composer(person).waitFor();
  return person;
}

/// Fills in name and password of an account, and sends them.
export async function signIn(person, name, password = PASSWORD) {
  const { page } = person;
  await page.getByRole("group", { name: "How to come in" }).getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Password").fill(password);
  await page.locator("form").getByRole("button", { name: "Sign in" }).click();
}

/// Chooses from the menu about oneself.
export async function chooseItem(person, item) {
  await person.page.getByRole("button", { name: /^You, / }).click();
  await person.page.getByRole(/^(Online|Away|Do not disturb)$/.test(item) ? "menuitemradio" : "menuitem", { name: item }).click();
}

/// Opens a page of one's own or of the administration.
export async function openPage(person, menu, tab) {
  await chooseItem(person, menu);
  await person.page.getByRole("link", { name: tab, exact: true }).click();
}

/// The link that the open dialog shows once. Closes the dialog.
export async function shownLink(person) {
  const dialog = person.page.getByRole("dialog");
  const link = await dialog.locator(".secret").innerText();
  await dialog.getByRole("button", { name: "Close" }).click();
  await dialog.waitFor({ state: "detached" });
  return link;
}

/// The field in which a message is written.
export function composer(person) {
  return person.page.getByRole("textbox", { name: /^Message to / });
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
