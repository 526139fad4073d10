// What people upload to harm others stays a file, however a browser is made to open it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openBrowser } from "../harness/browser.js";
import { hostileFiles, startBeacon } from "../harness/hostile.js";
import { startServer } from "../harness/server.js";
import { connectTcp } from "../harness/tcp.js";

/// What browsers may show of the files; everything else they save.
const SHOWN = /^(image\/(png|jpeg|gif|webp|avif|bmp|jxl|x-icon)|(audio|video)\/[\w-]+)$/;
/// Every way in which a page makes something of an address.
const EMBEDDINGS = ["iframe", "img", "object", "embed", "video", "track", "script", "module", "stylesheet", "import", "worker", "serviceWorker", "manifest"];
const TABS = 4;

/// Uploads over HTTP as a program does it. Returns what the server says of the file.
async function post(server, token, { name, type, content }) {
  const request = async (method, path, body, headers = {}) => {
    const response = await fetch(new URL(path, server.url), { method, body, headers: { authorization: `Bearer ${token}`, ...headers } });
    assert.equal(response.status, 200, `${method} ${path}`);
    return response.json();
  };
  const begin = JSON.stringify({ name, size_bytes: content.length, media_type: type });
  const { upload_id } = await request("POST", "/api/uploads", begin);
  await request("PUT", `/api/uploads/${upload_id}/chunks/0`, content);
  return (await request("POST", `/api/uploads/${upload_id}/finish`)).file;
}

/// Watches a browser's profile for whatever only a script that ran can do.
function watch(context) {
  const seen = [];
  context.on("page", (page) => {
    page.on("console", (message) => message.text().includes("PWNED") && seen.push(`console: ${message.text()}`));
    page.on("dialog", async (dialog) => {
      seen.push(`dialog: ${dialog.message()}`);
      await dialog.dismiss();
    });
    page.on("popup", (popup) => seen.push(`popup: ${popup.url()}`));
  });
  return seen;
}

/// Opens an address as a person who follows a link: whether the browser saved it, and else what it shows.
async function open(page, address) {
  const saved = page.waitForEvent("download", { timeout: 15_000 }).then(
    async (download) => {
      const name = download.suggestedFilename();
      await download.cancel();
      return { name };
    },
    () => null,
  );
  try {
    await page.goto(address, { waitUntil: "load" });
  } catch (error) {
    // What is saved is no page to arrive at.
    assert.match(error.message, /Download is starting|ERR_ABORTED/, address);
    const file = await saved;
    assert.ok(file, `${address} was neither shown nor saved`);
    return { saved: file };
  }
  return { shown: await page.evaluate(() => ({ type: document.contentType, title: document.title, name: window.name, origin: self.origin })) };
}

/// Makes the page embed every address in every way, and waits until each was loaded or refused. Returns those that became
/// code of the page's own.
function embed(page, addresses) {
  return page.evaluate(
    async ([addresses, embeddings]) => {
      const code = [];
      const settled = (element, attach) =>
        new Promise((resolve) => {
          for (const event of ["load", "error", "loadeddata"]) element.addEventListener(event, resolve);
          attach(element);
          // Some say nothing where they are refused.
          setTimeout(resolve, 1_000);
        });
      const add = (tag, attributes, inside) => {
        const element = Object.assign(document.createElement(tag), attributes);
        return settled(element, () => (inside ?? document.body).append(element));
      };
      const ways = {
        iframe: (src) => add("iframe", { src }),
        img: (src) => add("img", { src }),
        object: (data) => add("object", { data }),
        embed: (src) => add("embed", { src }),
        video: (src) => add("video", { src, preload: "auto" }),
        track: (src) => {
          const video = document.createElement("video");
          document.body.append(video);
          return add("track", { src, default: true }, video);
        },
        script: (src) => add("script", { src }),
        module: (src) => add("script", { src, type: "module" }),
        stylesheet: (href) => add("link", { href, rel: "stylesheet" }, document.head),
        manifest: (href) => add("link", { href, rel: "manifest" }, document.head),
        import: (src) => import(src).then(() => code.push(`module ${src}`)).catch(() => {}),
        worker: async (src) => {
          try {
            await settled(new Worker(src), () => {});
          } catch {
            // It was refused.
          }
        },
        serviceWorker: (src) => navigator.serviceWorker?.register(src, { scope: "/files/" }).then(() => code.push(`service worker ${src}`)).catch(() => {}),
      };
      for (let at = 0; at < addresses.length; at += 10) {
        const some = addresses.slice(at, at + 10);
        await Promise.all(some.flatMap((address) => embeddings.map((way) => ways[way](address))));
        document.body.replaceChildren();
      }
      return code;
    },
    [addresses, EMBEDDINGS],
  );
}

test("two hundred hostile files run nothing, whoever opens them and however", async (t) => {
  const server = await startServer(t);
  const beacon = await startBeacon(t);
  const files = hostileFiles(beacon.url);
  assert.equal(files.length, 200);
  const mallory = await connectTcp(t, server.tcp, "Mallory");
  for (const file of files) {
    const { name, type, content, number } = file;
    file.info = number % 2 ? await post(server, mallory.welcome.session_token, file) : await mallory.upload(name, content, type);
    file.address = new URL(file.info.link, server.url).href;
  }

  await t.test("programs are told what browsers may do", async () => {
    for (const { number, honest, info, address } of files) {
      const about = `${number}, ${honest} as ${info.media_type}`;
      for (const query of ["", "?inline", "?download"]) {
        const response = await fetch(address + query);
        const type = response.headers.get("content-type");
        const isShown = response.headers.get("content-disposition").startsWith("inline");
        assert.equal(isShown, (query !== "?download" && SHOWN.test(type)) || (query === "?inline" && type.startsWith("text/plain")), about);
        assert.ok(SHOWN.test(type) || ["application/octet-stream", "text/plain; charset=utf-8"].includes(type), `${about}: ${type}`);
        assert.equal(response.headers.get("x-content-type-options"), "nosniff", about);
        await response.body.cancel();
      }
    }
  });

  const browser = await openBrowser(t);
  const context = await browser.newContext();
  const seen = watch(context);
  let saved = 0;
  let shown = 0;

  await t.test("by its address", async () => {
    const queue = files.flatMap(({ address, info }) => ["", "?inline"].map((query) => ({ address: address + query, info })));
    const follow = async () => {
      const page = await context.newPage();
      for (let next; (next = queue.pop()); ) {
        const opened = await open(page, next.address);
        if (opened.saved) {
          saved += 1;
          assert.doesNotMatch(opened.saved.name, /[\\/\0\r\n]/);
          continue;
        }
        shown += 1;
        const { type, title, name } = opened.shown;
        assert.ok(SHOWN.test(type) || (type === "text/plain" && next.address.endsWith("?inline")), `${next.address} is shown as ${type}`);
        assert.doesNotMatch(title + name, /PWNED/, next.address);
        // It is of no origin, so that it could do nothing even if it ran.
        assert.equal(opened.shown.origin, "null", next.address);
      }
    };
    await Promise.all(Array.from({ length: TABS }, follow));
    assert.ok(saved > 200 && shown > 20, `${saved} saved, ${shown} shown`);
  });

  await t.test("by the page that shows it", async () => {
    const queue = files.map(({ info }) => info);
    const follow = async () => {
      const page = await context.newPage();
      for (let info; (info = queue.pop()); ) {
        await page.goto(new URL(`/share/${info.file_id}`, server.url).href, { waitUntil: "load" });
        const left = await page.evaluate(() => ({
          heading: document.querySelector("h1").textContent,
          name: window.name,
          title: document.title,
          tags: [...new Set([...document.body.querySelectorAll("*")].map((element) => element.localName))],
          handlers: [...document.querySelectorAll("*")].flatMap((element) => element.getAttributeNames()).filter((name) => name.startsWith("on")),
          stored: localStorage.pwned ?? null,
        }));
        // Its name is what a page has of it that it has chosen itself.
        assert.equal(left.heading, info.name);
        assert.equal(left.title, `${info.name.trim()} – Chinwag`.replace(/[\t\n\f\r ]+/g, " "));
        const tags = ["header", "bdi", "main", "h1", "p", "a", "dl", "dt", "dd", "code", "img", "video", "audio"];
        assert.deepEqual(left.tags.filter((tag) => !tags.includes(tag)), [], info.name);
        assert.deepEqual([left.handlers, left.name, left.stored], [[], "", null], info.name);
      }
    };
    await Promise.all(Array.from({ length: TABS }, follow));
  });

  const addresses = files.map(({ address }) => address);
  for (const [where, at, options] of [
    ["on the page", server.url, {}],
    // As if somebody had found a way around the page's policy.
    ["on the page, without its policy", server.url, { bypassCSP: true }],
    ["on a page elsewhere", `${beacon.url}/page`, {}],
  ]) {
    await t.test(where, async () => {
      const other = await browser.newContext(options);
      const also = watch(other);
      const page = await other.newPage();
      await page.goto(at);
      assert.deepEqual(await embed(page, addresses), [], where);
      const left = await page.evaluate(() => ({
        title: document.title,
        name: window.name,
        stored: localStorage.pwned ?? null,
        cookie: document.cookie,
      }));
      assert.deepEqual(also, [], where);
      assert.doesNotMatch(left.title + left.name + left.cookie, /pwned/i, where);
      assert.equal(left.stored, null, where);
      assert.equal(page.url(), at, "it is still there");
      await other.close();
    });
  }

  assert.deepEqual(seen, [], "what only a script can do");
  assert.deepEqual(beacon.heard, [], "nothing called");
  await context.close();
});
