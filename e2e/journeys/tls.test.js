// A server with a certificate of its own: the page over https and wss, who comes without, and a terminal that knows the
// server again.

import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { test } from "node:test";

import { openBrowser } from "../harness/browser.js";
import { allSee, composer, enter, say, sees } from "../harness/chat.js";
import { startServer } from "../harness/server.js";
import { openTerminal } from "../harness/terminal.js";

test("people talk over TLS, and know when it is another server", async (t) => {
  const server = await startServer(t, { args: ["--tls-self-signed"] });
  assert.match(server.url, /^https:/);
  const browser = await openBrowser(t);
  const ann = await enter(browser, server.url, "Ann", { ignoreHTTPSErrors: true });
  const { context, page } = ann;
  await say(ann, "over https");
  await sees(ann, "over https");

  // The session's cookie never travels without TLS, and the page comes back by it, over wss.
  const cookies = await context.cookies();
  assert.deepEqual(
    cookies.map(({ secure, httpOnly, sameSite }) => ({ secure, httpOnly, sameSite })),
    [{ secure: true, httpOnly: true, sameSite: "Strict" }],
  );
  const [socket] = await Promise.all([page.waitForEvent("websocket"), page.reload()]);
  await ann.ready();
  await composer(ann).waitFor();
  assert.equal(socket.url(), `${server.url.replace(/^https:/, "wss:")}ws`);
  await sees(ann, "over https");

  // Nobody else vouches for the certificate, so that browsers are not told to insist on one for this name.
  const served = await context.request.get(server.url);
  assert.equal(served.status(), 200);
  assert.equal(served.headers()["strict-transport-security"], undefined);

  // Who comes without TLS is led to it, and a browser gets there; only the server's health is told to everybody.
  const plain = server.url.replace(/^https:/, "http:");
  const led = await context.request.get(`${plain}rooms/lobby`, { maxRedirects: 0 });
  assert.equal(led.status(), 308);
  assert.equal(led.headers().location, `${server.url}rooms/lobby`);
  assert.equal((await context.request.get(`${plain}health`, { maxRedirects: 0 })).status(), 200);
  await page.goto(plain);
  await ann.ready();
  assert.equal(new URL(page.url()).origin, new URL(server.url).origin);
  await composer(ann).waitFor();

  // A terminal remembers the server by its certificate.
  const first = await server.fingerprint();
  const cid = await openTerminal(t, server, "Cid");
  const met = await cid.end("post", "lobby", "from the terminal");
  assert.equal(met.code, 0, met.said);
  assert.ok(met.said.includes(first), met.said);
  await allSee([ann], ["over https", "from the terminal"]);
  await ann.see("tls");
  assert.equal((await cid.end("post", "lobby", "again")).said, "", "it is known now");
  await sees(ann, "again");

  // Another certificate at the same place is another server, until somebody says otherwise.
  await server.stop();
  await rm(server.kept("tls"), { recursive: true });
  await server.restart();
  const second = await server.fingerprint();
  assert.notEqual(second, first);
  const refused = await cid.end("post", "lobby", "to somebody else");
  assert.equal(refused.code, 5, refused.said);
  for (const part of [first, second, "another one than before"]) assert.ok(refused.said.includes(part), refused.said);
  await cid.run("--fingerprint", second, "post", "lobby", "and on");
  await sees(ann, "and on");
  // While the server was away, browsers say so.
  ann.problems = ann.problems.filter((problem) => !/WebSocket (connection|is already in CLOSING)|ERR_CONNECTION_REFUSED/.test(problem));
  ann.checkProblems();
});
