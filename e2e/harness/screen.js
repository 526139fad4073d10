// A screen of its own for one window: an X server that only this machine's memory shows, with keyboard, clipboard, the
// buses of a desktop, and a screen reader on them.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

import { png } from "./file.js";
import { until } from "./wait.js";

const run = promisify(execFile);
const RESULTS = path.join(import.meta.dirname, "../results");
/// How long any one thing may take to appear; two busy cores are slow.
const STEP_MS = 20_000;
/// How long a program of the screen may take to end.
const END_MS = 5_000;

/// Opens a screen of `width` by `height` pixels, until it is told to `close()`.
///
/// Returns `env` and `home` for programs on it, `reader(request)`, `type(text)`, `keys(...names)`, `click(x, y)`,
/// `copy(bytes, type)`, `hasCopied(text)` and `see(name)`.
export async function openScreen(width, height) {
  const home = await mkdtemp(path.join(tmpdir(), "chinwag-screen-"));
  const screen = new Screen(home, width, height);
  await screen.start().catch(async (error) => {
    await screen.close();
    throw error;
  });
  return screen;
}

class Screen {
  #children = [];
  #reader;

  constructor(home, width, height) {
    Object.assign(this, { home, width, height });
  }

  async start() {
    const runtime = path.join(this.home, "run");
    await mkdir(runtime);
    await chmod(runtime, 0o700);
    this.env = { ...process.env, HOME: this.home, XDG_RUNTIME_DIR: runtime, LC_ALL: "C.UTF-8", LIBGL_ALWAYS_SOFTWARE: "1", NO_AT_BRIDGE: "0" };
    for (const name of Object.keys(this.env)) if (/^(XDG_(CONFIG|DATA|CACHE|STATE)_HOME|WAYLAND_.*|XMODIFIERS|AT_SPI_.*|XAUTHORITY)$/.test(name)) delete this.env[name];
    // It takes a free number, shows all that is on it in a file, and stays as it is when the last program leaves.
    const size = `${this.width}x${this.height}x24`;
    const display = this.#start("Xvfb", ["-displayfd", "1", "-screen", "0", size, "-fbdir", this.home, "-nolisten", "tcp", "-noreset", "-ac"]);
    this.env.DISPLAY = `:${await firstLine(display, "Xvfb")}`;
    const bus = this.#start("dbus-daemon", ["--session", "--nofork", "--print-address=1"]);
    this.env.DBUS_SESSION_BUS_ADDRESS = await firstLine(bus, "dbus-daemon");
    this.#reader = this.#start("/usr/bin/python3", [path.join(import.meta.dirname, "reader.py")]);
    this.#reader.answers = createInterface({ input: this.#reader.stdout })[Symbol.asyncIterator]();
    await this.#answer();
  }

  async close() {
    // The last one started needs the others; each cleans up behind itself.
    for (const child of this.#children.reverse()) {
      const deadline = setTimeout(() => child.kill("SIGKILL"), END_MS);
      child.kill("SIGTERM");
      await child.over;
      clearTimeout(deadline);
    }
    await rm(this.home, { recursive: true, force: true });
  }

  /// Asks the screen reader. What is not there any more is undefined.
  async reader(request) {
    this.#reader.stdin.write(`${JSON.stringify(request)}\n`);
    return this.#answer();
  }

  /// Types as a person would, at the pace of one.
  async type(text) {
    await this.#xdotool("type", "--delay", "15", "--", text);
  }

  /// Presses keys, one after another: `"Return"`, `"ctrl+k"`, `"alt+Down"`.
  async keys(...names) {
    await this.#xdotool("key", "--delay", "15", "--", ...names);
  }

  async click(x, y) {
    await this.#xdotool("mousemove", "--sync", String(Math.round(x)), String(Math.round(y)), "click", "1");
  }

  /// Turns the wheel: up where `notches` is negative.
  async scroll(x, y, notches) {
    const button = notches < 0 ? "4" : "5";
    await this.#xdotool("mousemove", String(x), String(y), "click", "--delay", "15", "--repeat", String(Math.abs(notches)), button);
  }

  /// Makes a window fill the screen and gives it the keyboard, as a window manager would; the mouse lies in a corner.
  async fill(pid) {
    const found = await until(() => this.#xdotool("search", "--onlyvisible", "--pid", String(pid)).catch(() => ""), () => "no window appeared", STEP_MS);
    const window = found.trim().split("\n").at(-1);
    await this.#xdotool("windowmove", window, "0", "0", "windowsize", window, String(this.width), String(this.height), "windowfocus", "--sync", window, "mousemove", String(this.width - 1), String(this.height - 1));
  }

  /// Puts something on the clipboard.
  async copy(bytes, type) {
    const child = this.#start("xclip", ["-selection", "clipboard", "-in", "-t", type, "-quiet"]);
    child.stdin.end(bytes);
    await until(async () => (await this.#paste("TARGETS").catch(() => "")).includes(type), () => `xclip does not offer ${type}`, STEP_MS);
  }

  /// Waits until the clipboard holds the text.
  async hasCopied(text) {
    const held = () => this.#paste("UTF8_STRING").catch(() => "");
    await until(async () => (await held()) === text, async () => `the clipboard holds "${await held()}", not "${text}"`, STEP_MS);
  }

  async #paste(target) {
    return (await run("xclip", ["-selection", "clipboard", "-out", "-t", target], { env: this.env })).stdout;
  }

  /// Saves a picture of the screen as `results/<name>.png` once it stands still, to be looked at.
  async see(name) {
    let last;
    const still = await until(async () => {
      const now = await readFile(path.join(this.home, "Xvfb_screen0"));
      const same = last?.equals(now);
      last = now;
      return same && now;
    }, () => "the screen never stands still", STEP_MS);
    await mkdir(RESULTS, { recursive: true });
    await writeFile(path.join(RESULTS, `${name}.png`), png(this.width, this.height, pixels(still, this.width, this.height)));
  }

  async #xdotool(...args) {
    return (await run("xdotool", args, { env: this.env })).stdout;
  }

  #start(program, args) {
    const child = spawn(program, args, { cwd: this.home, env: this.env, stdio: ["pipe", "pipe", "pipe"] });
    child.said = "";
    child.over = new Promise((resolve) => child.once("close", resolve).once("error", resolve));
    child.stderr.setEncoding("utf8").on("data", (text) => (child.said += text));
    child.stdin.on("error", () => {});
    this.#children.push(child);
    return child;
  }

  async #answer() {
    const { value, done } = await this.#reader.answers.next();
    assert.ok(!done, `the screen reader has ended: ${this.#reader.said}`);
    return JSON.parse(value).answer;
  }
}

async function firstLine(child, name) {
  const { value, done } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  assert.ok(!done, `${name} does not start: ${child.said}`);
  return value.trim();
}

/// Red, green and blue of a dump as X servers write it: its header's size in bytes first, the number of colours of its
/// map (12 bytes each) in the twentieth word, and the bytes of a line in the thirteenth (XWDFile.h).
function pixels(dump, width, height) {
  const begin = dump.readUInt32BE(0) + 12 * dump.readUInt32BE(4 * 19);
  const line = dump.readUInt32BE(4 * 12);
  const found = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = begin + y * line + x * 4;
      const to = (y * width + x) * 3;
      found[to] = dump[from + 2];
      found[to + 1] = dump[from + 1];
      found[to + 2] = dump[from];
    }
  }
  return found;
}
