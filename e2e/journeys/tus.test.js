// Uploads by the public client of the tus protocol, tus-js-client, as programs have it.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { test } from "node:test";
import { Upload } from "tus-js-client";

import { startServer } from "../harness/server.js";
import { connectTcp } from "../harness/tcp.js";

const MIB = 1024 * 1024;

function options(server, ann, name, more = {}) {
  return {
    endpoint: new URL("api/tus", server.url).href,
    headers: { Authorization: `Bearer ${ann.welcome.session_token}` },
    metadata: { filename: name, filetype: "application/x-test" },
    retryDelays: [50, 100, 200, 500, 1_000, 2_000, 4_000, 8_000],
    ...more,
  };
}

/// Begins an upload. `done` is the address of its file; `reached(bytes)` is ready once so much was accepted.
function begin(content, given) {
  const marks = [];
  let settle;
  const done = new Promise((resolve, reject) => (settle = { resolve, reject }));
  const upload = new Upload(content, {
    ...given,
    onError: settle.reject,
    onSuccess: ({ lastResponse }) => settle.resolve(lastResponse.getHeader("chinwag-link")),
    onProgress: (sent) => {
      for (const mark of marks.filter((mark) => sent >= mark.bytes)) mark.resolve();
    },
  });
  upload.start();
  const reached = (bytes) => new Promise((resolve) => marks.push({ bytes, resolve }));
  return { upload, done, reached };
}

async function assertArrived(link, content) {
  const answer = await fetch(link);
  assert.equal(answer.status, 200);
  const got = Buffer.from(await answer.arrayBuffer());
  const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");
  assert.equal(hash(got), hash(content), `${got.length} of ${content.length} bytes`);
}

test("several files go up at once, in pieces smaller than a chunk", async (t) => {
  const server = await startServer(t);
  const ann = await connectTcp(t, server.tcp, "Ann");
  const sizes = [0, 1, 300_000, MIB, 3 * MIB + 17, 5 * MIB];
  const contents = sizes.map((size) => randomBytes(size));
  const begun = contents.map((content, at) =>
    begin(content, options(server, ann, `file ${at}.bin`, { chunkSize: 100_000 + 17 * at })),
  );
  const links = await Promise.all(begun.map(({ done }) => done));
  for (const [at, link] of links.entries()) {
    await assertArrived(link, contents[at]);
    assert.ok(link.endsWith(`/file%20${at}.bin`), link);
  }
});

test("a file of which nobody holds more than a piece goes into a room", async (t) => {
  const server = await startServer(t);
  const ann = await connectTcp(t, server.tcp, "Ann");
  const content = randomBytes(4 * MIB + 5);
  const given = options(server, ann, "stream.bin", { chunkSize: 700_001, uploadSize: content.length });
  given.metadata.room = "lobby";
  const pieces = Array.from({ length: Math.ceil(content.length / 65_536) }, (_, at) => content.subarray(at * 65_536, (at + 1) * 65_536));
  await assertArrived(await begin(Readable.from(pieces), given).done, content);
  const message = await ann.next((frame) => frame.event?.type === "message_sent");
  const [file] = message.event.attachments;
  assert.deepEqual([file.name, file.size_bytes, file.media_type], ["stream.bin", content.length, "application/x-test"]);
});

test("an upload that was stopped goes on by its address", async (t) => {
  const server = await startServer(t);
  const ann = await connectTcp(t, server.tcp, "Ann");
  const content = randomBytes(6 * MIB);
  const given = options(server, ann, "stopped.bin", { chunkSize: 250_000 });
  const first = begin(content, given);
  await first.reached(2_300_000);
  await first.upload.abort();
  const second = begin(content, { ...given, uploadUrl: first.upload.url });
  await assertArrived(await second.done, content);
});

test("an upload goes on by itself when the server was killed and is there again", async (t) => {
  const server = await startServer(t);
  const ann = await connectTcp(t, server.tcp, "Ann");
  const content = randomBytes(12 * MIB + 3);
  const requests = [];
  const given = options(server, ann, "killed.bin", {
    chunkSize: 400_000,
    onAfterResponse: (request, response) => requests.push([request.getMethod(), response.getStatus(), response.getHeader("upload-offset")]),
  });
  const sending = begin(content, given);
  await sending.reached(3_500_000);
  await server.kill();
  await server.restart();
  await assertArrived(await sending.done, content);
  const resumed = requests.find(([method]) => method === "HEAD");
  assert.ok(resumed, "it asked how far the upload is");
  // What outlives a killed server are whole chunks.
  assert.equal(Number(resumed[2]) % MIB, 0);
  assert.ok(Number(resumed[2]) >= 2 * MIB, resumed[2]);
});

test("an upload that is given up is gone", async (t) => {
  const server = await startServer(t);
  const ann = await connectTcp(t, server.tcp, "Ann");
  const sending = begin(randomBytes(6 * MIB), options(server, ann, "gone.bin", { chunkSize: 250_000 }));
  await sending.reached(1_500_000);
  await sending.upload.abort(true);
  ann.send({ type: "list_uploads", request_id: 7 });
  const listed = await ann.next((frame) => frame.request_id === 7);
  assert.deepEqual(listed.uploads, []);
});
