// A client of the native protocol on a plain socket: lines of JSON, as anybody could write it in any language.

import net from "node:net";

const ANSWER_MS = 15_000;

/// Signs in as `name`. `t` is the test, which ends the connection.
///
/// Returns `send(frame)`, `next(matches)` (the first frame that matches, of those that were not taken yet) and `frames`
/// (all that came).
export async function connectTcp(t, address, name) {
  const { hostname, port } = new URL(`tcp://${address}`);
  const socket = net.connect(Number(port), hostname);
  t.after(() => socket.destroy());
  const client = new TcpClient(socket);
  client.send({ type: "hello", request_id: 1, protocol: 1, credentials: { type: "claim_name", name } });
  client.welcome = await client.next((frame) => frame.type === "welcome");
  return client;
}

class TcpClient {
  frames = [];
  #untaken = [];
  #waiting = [];
  #rest = "";
  #socket;

  constructor(socket) {
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (text) => {
      const lines = (this.#rest + text).split("\n");
      this.#rest = lines.pop();
      for (const line of lines) this.#take(JSON.parse(line));
    });
  }

  /// With `payload` where the frame states one.
  send(frame, payload) {
    this.#socket.write(`${JSON.stringify(frame)}\n`);
    if (payload) this.#socket.write(payload);
  }

  next(matches) {
    const index = this.#untaken.findIndex(matches);
    if (index >= 0) return Promise.resolve(this.#untaken.splice(index, 1)[0]);
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`no such frame after ${ANSWER_MS} ms; came: ${JSON.stringify(this.frames)}`));
      const deadline = setTimeout(late, ANSWER_MS);
      this.#waiting.push({ matches, resolve: (frame) => (clearTimeout(deadline), resolve(frame)) });
    });
  }

  #take(frame) {
    this.frames.push(frame);
    const index = this.#waiting.findIndex(({ matches }) => matches(frame));
    if (index >= 0) this.#waiting.splice(index, 1)[0].resolve(frame);
    else this.#untaken.push(frame);
  }
}
