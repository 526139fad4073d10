// A client of the native protocol on a plain socket: lines of JSON, as anybody could write it in any language.

import { spawn } from "node:child_process";
import net from "node:net";

import { until } from "./wait.js";

const ANSWER_MS = 15_000;

/// Signs in as `name`. `t` is the test, which ends the connection.
///
/// Returns `send(frame)`, `next(matches)` (the first frame that matches, of those that were not taken yet), `frames` (all
/// that came), `heard(count)` (the first so many messages of all rooms) and `upload(name, bytes, media_type?)`.
export function connectTcp(t, address, name) {
  const { hostname, port } = new URL(`tcp://${address}`);
  const socket = net.connect(Number(port), hostname);
  t.after(() => socket.destroy());
  return signIn(new TcpClient(socket, socket), name);
}

/// The same by a process of `nc`, which knows nothing of the protocol.
export function connectNc(t, address, name) {
  const { hostname, port } = new URL(`tcp://${address}`);
  const nc = spawn("nc", [hostname, port], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => nc.kill("SIGKILL"));
  return signIn(new TcpClient(nc.stdout, nc.stdin), name);
}

async function signIn(client, name) {
  client.send({ type: "hello", request_id: 1, protocol: 1, credentials: { type: "claim_name", name } });
  client.welcome = await client.next((frame) => frame.type === "welcome");
  return client;
}

class TcpClient {
  frames = [];
  #untaken = [];
  #waiting = [];
  #rest = "";
  #requests = 1_000;
  #output;

  constructor(input, output) {
    this.#output = output;
    input.setEncoding("utf8");
    input.on("data", (text) => {
      const lines = (this.#rest + text).split("\n");
      this.#rest = lines.pop();
      for (const line of lines) this.#take(JSON.parse(line));
    });
  }

  /// With `payload` where the frame states one.
  send(frame, payload) {
    this.#output.write(`${JSON.stringify(frame)}\n`);
    if (payload) this.#output.write(payload);
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

  /// Uploads chunk by chunk, saying that it is of this type. Returns what the server says of the file.
  async upload(name, bytes, media_type) {
    const request_id = (this.#requests += 1);
    this.send({ type: "begin_upload", request_id, name, size_bytes: bytes.length, media_type });
    const { upload_id, layout } = await this.next((frame) => frame.type === "upload_status" && frame.request_id === request_id);
    for (let index = 0; index * layout.chunk_bytes < bytes.length; index += 1) {
      const chunk = bytes.subarray(index * layout.chunk_bytes, (index + 1) * layout.chunk_bytes);
      this.send({ type: "put_chunk", request_id, upload_id, index, payload_bytes: chunk.length }, chunk);
      await this.next((frame) => frame.type === "chunk_stored" && frame.upload_id === upload_id && frame.index === index);
    }
    this.send({ type: "finish_upload", request_id, upload_id });
    return (await this.next((frame) => frame.type === "upload_finished" && frame.request_id === request_id)).file;
  }

  async heard(count) {
    const messages = () => this.frames.filter(({ type, event }) => type === "room_event" && event.type === "message_sent");
    await until(() => messages().length >= count, () => `${count} messages did not come; came: ${JSON.stringify(messages())}`, ANSWER_MS);
    return messages().slice(0, count);
  }

  #take(frame) {
    this.frames.push(frame);
    const index = this.#waiting.findIndex(({ matches }) => matches(frame));
    if (index >= 0) this.#waiting.splice(index, 1)[0].resolve(frame);
    else this.#untaken.push(frame);
  }
}
