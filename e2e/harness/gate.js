// A way to the server that can be narrowed: what stands between a client and a server on a bad day.

import net from "node:net";

import { until } from "./wait.js";

/// How long what is to be stopped may take to come so far.
const HELD_MS = 30_000;

/// Listens for clients of the server at `address`. `t` is the test, which closes it.
///
/// Returns `address` ("host:port"), `passed` (bytes that went to the server), `hold(bytes)` (no more than so many more
/// go to the server until `open()`), and `isHeld()` (waits until they have gone).
export async function openGate(t, address) {
  const { hostname, port } = new URL(`tcp://${address}`);
  const gate = new Gate();
  const listener = net.createServer((client) => gate.carry(client, net.connect(Number(port), hostname)));
  await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    gate.close();
    listener.close();
  });
  gate.address = `127.0.0.1:${listener.address().port}`;
  return gate;
}

class Gate {
  passed = 0;
  #left = Infinity;
  #sockets = new Set();
  #waiting = [];

  hold(bytes) {
    this.#left = bytes;
  }

  async isHeld() {
    await until(() => this.#left <= 0, () => `${this.passed} bytes have gone to the server, ${this.#left} too few`, HELD_MS);
  }

  open() {
    this.#left = Infinity;
    for (const go of this.#waiting.splice(0)) go();
  }

  close() {
    for (const socket of this.#sockets) socket.destroy();
  }

  carry(client, server) {
    for (const [one, other] of [[client, server], [server, client]]) {
      this.#sockets.add(one);
      one.on("error", () => {});
      one.on("close", () => (this.#sockets.delete(one), other.destroy()));
    }
    server.pipe(client);
    client.on("data", (bytes) => {
      // A whole read more or less makes no difference.
      this.passed += bytes.length;
      this.#left -= bytes.length;
      server.write(bytes);
      if (this.#left > 0) return;
      client.pause();
      this.#waiting.push(() => client.resume());
    });
  }
}
