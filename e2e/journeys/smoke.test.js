// The page opens: it is served as it should be, its WebAssembly starts, and nothing complains.

import assert from "node:assert/strict";
import { test } from "node:test";

import { arrive, openBrowser } from "../harness/browser.js";
import { startServer } from "../harness/server.js";

test("a person opens the page", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);

  const person = await arrive(browser, server.url);
  assert.equal(await person.page.title(), "Chinwag");
  await person.see("opened");
  person.checkProblems();
});

test("the harness notices what a page should not do", async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  const person = await arrive(browser, server.url);

  await person.page.evaluate(async () => {
    const refused = new Promise((resolve) => {
      let awaited = 2;
      document.addEventListener("securitypolicyviolation", () => --awaited || resolve());
    });
    const script = document.createElement("script");
    script.textContent = "window.injected = true";
    document.body.append(script);
    await fetch("http://127.0.0.2:9/").catch(() => {});
    await refused;
  });
  assert.equal(await person.page.evaluate(() => window.injected), undefined);
  assert.throws(() => person.checkProblems());
  const refused = person.problems.filter((problem) => problem.startsWith("policy:")).map((problem) => problem.split(" ")[1]);
  assert.deepEqual(refused.sort(), ["connect-src", "script-src-elem"]);
});

test("the page travels compressed and is kept by the browser", async (t) => {
  const server = await startServer(t);
  const html = await (await fetch(server.url)).text();
  const wasm = html.match(/[\w./-]+_bg\.wasm/)?.[0];
  assert.ok(wasm, "the page names its WebAssembly");

  const first = await fetch(new URL(wasm, server.url), { headers: { "accept-encoding": "br" } });
  assert.equal(first.headers.get("content-type"), "application/wasm");
  assert.equal(first.headers.get("content-encoding"), "br");
  assert.match(first.headers.get("cache-control"), /immutable/);
  const again = await fetch(new URL(wasm, server.url), { headers: { "accept-encoding": "br", "if-none-match": first.headers.get("etag") } });
  assert.equal(again.status, 304);
});
