// The terminal client as a person or a script runs it, with a profile of its own.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { program } from "./server.js";
import { until } from "./wait.js";

/// How long a command may take, and a line may take to come.
const PATIENCE_MS = 60_000;

/// Somebody called `name` at a terminal. `t` is the test, which ends what is still running.
///
/// Returns `run(...arguments)` (what it printed; fails unless it exits with 0), `end(...arguments)` (`code`, `printed`
/// and `said`, however it ends), `chat(room)` (an open chat with
/// `say(line)` and `hears(text)`) and `folder` (where it works).
export async function openTerminal(t, server, name) {
  const folder = await mkdtemp(path.join(tmpdir(), "chinwag-terminal-"));
  const terminal = new Terminal(folder, ["--server", server.tcp, "--web", server.url, "--name", name, "--profile-dir", path.join(folder, "profile")]);
  t.after(async () => {
    terminal.close();
    await rm(folder, { recursive: true, force: true });
  });
  return terminal;
}

class Terminal {
  #common;
  #children = new Set();

  constructor(folder, common) {
    this.folder = folder;
    this.#common = common;
  }

  async run(...args) {
    const { code, printed, said } = await this.end(...args);
    assert.equal(code, 0, `chinwag ${args.join(" ")} ended with ${code}: ${said}`);
    return printed.trim();
  }

  /// Runs a command to its end, whatever that is.
  async end(...args) {
    const child = this.#start(args);
    child.stdin.end();
    const code = await new Promise((resolve) => child.once("close", resolve));
    return { code, printed: child.printed, said: child.said };
  }

  chat(room) {
    const child = this.#start(["chat", room]);
    return {
      say: (line) => child.stdin.write(`${line}\n`),
      hears: (text) => until(() => child.printed.includes(text), () => `"${text}" did not come; came: ${child.printed}${child.said}`, PATIENCE_MS),
      printed: () => child.printed,
    };
  }

  close() {
    for (const child of this.#children) child.kill("SIGKILL");
  }

  #start(args) {
    const child = spawn(program("chinwag", "CHINWAG_CLIENT_PROGRAM"), [...this.#common, ...args], { cwd: this.folder, timeout: PATIENCE_MS });
    this.#children.add(child);
    child.once("close", () => this.#children.delete(child));
    child.printed = child.said = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (child.printed += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (child.said += text));
    return child;
  }
}
