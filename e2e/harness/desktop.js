// The window as somebody uses it who cannot see it: found and pressed by role and name, typed into; on a screen of its
// own, with a profile of its own.

import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

import { PASSWORD } from "./chat.js";
import { openScreen } from "./screen.js";
import { program } from "./server.js";
import { until } from "./wait.js";

const run = promisify(execFile);
/// How long any one thing may take to appear. Generous: the screen is drawn by the processor.
const STEP_MS = 30_000;

/// Somebody called `name` at a window, signed in and in the lobby. `t` is the test, which ends it; when that fails,
/// `results/failed-….png` shows the window.
///
/// Options: `width` and `height` (in pixels), `scale` (2 on screens with twice the pixels), `settings` (what the window
/// would remember, as in its file), `files` (attached at once), `link` (an invitation by which an account is made first).
export async function openDesktop(t, server, name, options = {}) {
  const { width = 1280, height = 800, scale = 1, settings = {}, files = [], link } = options;
  const screen = await openScreen(width * scale, height * scale);
  screen.env.WINIT_X11_SCALE_FACTOR = String(scale);
  const desktop = new Desktop(screen, server, name);
  t.after(async () => {
    if (!t.passed) {
      await desktop.see(`failed-${t.name.replace(/\W+/g, "-")}-${name}`).catch(() => {});
      t.diagnostic(`the window of ${name} said: ${desktop.said}`);
    }
    await desktop.kill();
    await screen.close();
  });
  await mkdir(desktop.downloads);
  await mkdir(desktop.profile);
  const all = { download_folder: desktop.downloads, ...settings };
  await writeFile(path.join(desktop.profile, "desktop.json"), JSON.stringify(all));
  if (link) await desktop.signUp(link);
  await desktop.start(files);
  return desktop;
}

class Desktop {
  #child;

  constructor(screen, server, name) {
    Object.assign(this, { screen, server, name, said: "" });
    this.profile = path.join(screen.home, "profile");
    this.downloads = path.join(screen.home, "downloads");
  }

  /// Opens the window again, too, after `close` or `kill`.
  async start(files = []) {
    const args = ["--server", this.server.tcp, "--name", this.name, "--profile-dir", this.profile, ...files];
    const child = spawn(program("chinwag-desktop", "CHINWAG_DESKTOP_PROGRAM"), args, { cwd: this.screen.home, env: this.screen.env, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    child.over = new Promise((resolve) => child.once("close", (code, signal) => resolve(signal ?? code)));
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (this.said += text));
    await this.screen.fill(child.pid);
    await this.composer();
  }

  /// Makes an account at a terminal, which shares its profile with the window.
  async signUp(link) {
    const args = ["--server", this.server.tcp, "--profile-dir", this.profile, "sign-up", this.name, "--invitation", link];
    const env = { ...process.env, CHINWAG_PASSWORD: PASSWORD };
    await run(program("chinwag", "CHINWAG_CLIENT_PROGRAM"), args, { cwd: this.screen.home, env });
  }

  /// Chooses from a menu.
  async choose(menu, item) {
    await this.press("button", menu);
    await this.press(/^(menuitem|menuitemradio)$/, item);
    await this.gone(/^(menuitem|menuitemradio)$/, item);
  }

  /// Takes its life without a word.
  async kill() {
    this.#child?.kill("SIGKILL");
    await this.#child?.over;
  }

  get pid() {
    return this.#child.pid;
  }

  /// All that the window tells a screen reader, in the order in which it is read.
  async nodes() {
    return (await this.screen.reader({ do: "tree", pid: this.pid })) ?? [];
  }

  /// Those of a role with a name; each a text that must be the same, or an expression that must match. Without
  /// `within`, everywhere; else below that node.
  async all(role, name, within) {
    const fits = (wanted, text) => (wanted instanceof RegExp ? wanted.test(text) : wanted === text);
    const nodes = within ? below(await this.nodes(), within) : await this.nodes();
    return nodes.filter((node) => fits(role, node.role) && fits(name, node.name));
  }

  /// Waits for the first of them.
  find(role, name) {
    const describe = async () => `no ${role} "${name}" in the window of ${this.name}; there is:\n${listed(await this.nodes())}`;
    return until(async () => (await this.all(role, name))[0], describe, STEP_MS);
  }

  /// Waits until something says this, whatever it is.
  reads(name) {
    return this.find(/./, name);
  }

  /// Waits until there is none of them.
  gone(role, name) {
    return until(async () => (await this.all(role, name)).length === 0, () => `the ${role} "${name}" stays`, STEP_MS);
  }

  /// Does what a click does, once it is there.
  async press(role, name) {
    await this.screen.reader({ do: "press", path: (await this.find(role, name)).path });
  }

  /// Does the same in the dialog of this title.
  async pressIn(dialog, role, name) {
    const found = async () => (await this.all(role, name, await this.find("dialog", dialog)))[0];
    const node = await until(found, () => `no ${role} "${name}" in the dialog "${dialog}"`, STEP_MS);
    await this.screen.reader({ do: "press", path: node.path });
  }

  /// Does the same where it is there at all.
  async pressIfThere(role, name) {
    const [node] = await this.all(role, name);
    if (node) await this.screen.reader({ do: "press", path: node.path });
  }

  /// The field in which a message is written.
  composer() {
    return this.find("textbox", /^Message to /);
  }

  /// What stands in a field.
  text(node) {
    return this.screen.reader({ do: "text", path: node.path });
  }

  /// Waits until the keyboard goes to what is found.
  isFocused(find) {
    return until(async () => (await find()).states.includes("focused"), () => "the focus does not come", STEP_MS);
  }

  /// Has the keyboard go to what is found.
  async focus(find) {
    const { path } = await find();
    await this.screen.reader({ do: "focus", path });
    await this.isFocused(find);
  }

  /// Writes a message and sends it as most people do.
  async say(text) {
    await this.focus(() => this.composer());
    await this.screen.type(text);
    await until(async () => (await this.text(await this.composer())) === text, async () => `typed "${text}"; there is "${await this.text(await this.composer())}"`, STEP_MS);
    await this.screen.keys("Return");
  }

  /// The messages of the open room that are in sight, as they are read out, from top to bottom.
  async messages() {
    const [log] = await this.all("log", /^Messages in /);
    return log ? this.all("article", /./, log) : [];
  }

  /// Waits until the open room shows the text as one that the server has. Returns the message.
  async sees(text) {
    const holds = ({ name }) => name.includes(text) && !UNSENT.test(name);
    const describe = async () => `"${text}" did not come to ${this.name}; there is:\n${listed(await this.nodes())}`;
    return until(async () => (await this.messages()).find(holds), describe, STEP_MS);
  }

  /// Waits until the open room shows the text as one that waits for the server.
  async waits(text) {
    const holds = ({ name }) => name.includes(text) && UNSENT.test(name);
    const describe = async () => `"${text}" does not wait; there is:\n${listed(await this.nodes())}`;
    return until(async () => (await this.messages()).find(holds), describe, STEP_MS);
  }

  /// Of these texts those that the open room shows, in its order.
  async order(texts) {
    const messages = await this.messages();
    return messages.flatMap(({ name }) => texts.filter((text) => name.includes(text)));
  }

  /// Has the window put a file into the folder for downloads. Returns its bytes.
  async download(name) {
    const saved = path.join(this.downloads, name);
    await this.press("button", `Download ${name}`);
    await until(() => existsSync(saved), async () => `${name} was not saved; there is:\n${listed(await this.nodes())}`, STEP_MS);
    return readFile(saved);
  }

  /// Saves a picture of the window as `results/<name>.png`.
  async see(name) {
    await this.screen.see(name);
  }
}

/// What the name of a message says while the server does not have it.
const UNSENT = /\((Waits|Sends|Sending|Not sent)[^()]*\)$/;

function below(nodes, within) {
  const inside = new Set([within.path]);
  return nodes.filter((node) => inside.has(node.parent) && inside.add(node.path));
}

function listed(nodes) {
  return nodes.map(({ role, name, states }) => `  ${role} "${name}" ${states.join(" ")}`).join("\n");
}
