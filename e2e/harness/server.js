// Starts a real chinwag-server on free ports in a folder of its own, and stops it as an operator would.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { until } from "./wait.js";

const READY_MS = 20_000;
const DRAIN_MS = 15_000;

/// A program under test: what the variable names, else the usual build of this checkout, release before debug.
export function program(name, variable) {
  if (process.env[variable]) return process.env[variable];
  const target = process.env.CARGO_TARGET_DIR ?? path.join(import.meta.dirname, "../../target");
  const found = ["release", "debug"].map((profile) => path.join(target, profile, name)).find(existsSync);
  if (!found) throw new Error(`there is no ${name}; build it with: cargo xtask build`);
  return found;
}

/// Starts a server. `t` is the test, which takes the server down with it and prints its log when it fails.
///
/// Options: `http` and `tcp` (addresses; free ports by default), `args` (more arguments), `env` (more environment).
/// Returns `url` (with a slash at the end), `tcp` ("host:port"), `ownersLink()`, `fingerprint()`, `kept(...names)`,
/// `stop()`, `kill()`, `restart()`, `log()`.
export async function startServer(t, options = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), "chinwag-e2e-"));
  const server = new Server(folder, options);
  t.after(async () => {
    try {
      await server.stop();
    } finally {
      if (process.env.CHINWAG_E2E_LOG || !t.passed) t.diagnostic(`server log:\n${server.log()}`);
      await rm(folder, { recursive: true, force: true });
    }
  });
  await server.start();
  return server;
}

class Server {
  #folder;
  #options;
  #process;
  #log = "";
  #printed = "";

  constructor(folder, options) {
    this.#folder = folder;
    this.#options = { http: "127.0.0.1:0", tcp: "127.0.0.1:0", args: [], env: {}, ...options };
  }

  /// Everything it logged so far, over restarts.
  log() {
    return this.#log;
  }

  async start() {
    const { http, tcp, args, env } = this.#options;
    const data = path.join(this.#folder, "data");
    // Scripts of the journeys say more at once than people do.
    const entry = ["--guests", "on", "--rate-limit", "off"];
    const all = ["--http", http, "--tcp", tcp, "--data-dir", data, ...entry, ...args];
    const child = spawn(program("chinwag-server", "CHINWAG_SERVER_PROGRAM"), all, { cwd: this.#folder, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    child.stderr.on("data", (chunk) => (this.#log += chunk));
    this.#printed = "";
    child.stdout.on("data", (chunk) => (this.#printed += chunk));
    const printed = await lines(child, (text) => {
      const url = text.match(/^Chinwag is open at (http\S+\/)/m)?.[1];
      const tcp = text.match(/^native TCP on (\S+)/m)?.[1];
      return url && tcp && { url, tcp };
    }).catch((error) => {
      child.kill("SIGKILL");
      throw new Error(`${error.message}\n${this.#log}`);
    });
    this.url = printed.url;
    this.tcp = printed.tcp;
  }

  /// A file or folder of what it keeps.
  kept(...names) {
    return path.join(this.#folder, "data", ...names);
  }

  /// What its certificate is known by, as it says at its start.
  async fingerprint() {
    const found = () => this.#printed.match(/fingerprint \(SHA-256\): (\S+)/)?.[1];
    return until(found, () => `the server printed no fingerprint: ${this.#printed}`, READY_MS);
  }

  /// The link that makes whoever opens it the owner.
  async ownersLink() {
    const found = () => this.#printed.match(/^\s*(http\S+#invite=\S+)/m)?.[1];
    return until(found, () => `the server printed no link: ${this.#printed}`, READY_MS);
  }

  /// Asks it to drain, and fails unless it then ends well and in time.
  async stop() {
    const [code, signal] = await this.#end("SIGTERM");
    if (code !== 0) throw new Error(`the server ended with ${signal ?? `code ${code}`} on SIGTERM\n${this.#log}`);
  }

  /// Takes its life without a word, as a power cut would.
  async kill() {
    await this.#end("SIGKILL");
  }

  /// Starts it again after `stop` or `kill`, on the same addresses and data, so that open pages find it again.
  async restart() {
    this.#options.http = new URL(this.url).host;
    this.#options.tcp = this.tcp;
    await this.start();
  }

  /// Sends the signal and waits for the end. A server that has ended already ended well, or `start` said so.
  #end(signal) {
    const child = this.#process;
    if (!child || child.ended) return Promise.resolve([0, null]);
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        child.kill("SIGKILL");
        reject(new Error(`the server did not end within ${DRAIN_MS} ms of ${signal}\n${this.#log}`));
      }, DRAIN_MS);
      const done = (code, by) => {
        clearTimeout(deadline);
        child.ended = true;
        resolve([code, by]);
      };
      if (child.exitCode !== null || child.signalCode !== null) return done(child.exitCode, child.signalCode);
      child.once("exit", done);
      child.kill(signal);
    });
  }
}

/// Waits until `find` makes something of what the program has printed.
function lines(child, find) {
  return new Promise((resolve, reject) => {
    let text = "";
    const deadline = setTimeout(() => reject(new Error(`the server was not ready after ${READY_MS} ms; it printed: ${text}`)), READY_MS);
    const settle = (action, value) => (clearTimeout(deadline), action(value));
    child.once("error", (error) => settle(reject, error));
    child.once("exit", (code, signal) => settle(reject, new Error(`the server ended at once with ${signal ?? `code ${code}`}; it printed: ${text}`)));
    child.stdout.on("data", (chunk) => {
      text += chunk;
      const found = find(text);
      if (found) settle(resolve, found);
    });
  });
}
