// Chromium with one separate profile for each person, and a record of everything the page should not do.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";

import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

const RESULTS = path.join(import.meta.dirname, "../results");
const FLAGS = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"];
/// How long any one thing may take to appear. Generous: two busy cores are slow, and waiting ends when it is there.
const STEP_MS = 15_000;

/// The browser to drive: CHINWAG_CHROMIUM, else the first usual name on PATH.
function program() {
  if (process.env.CHINWAG_CHROMIUM) return process.env.CHINWAG_CHROMIUM;
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("which", [name], { encoding: "utf8" }).trim();
    } catch {
      // The next name, then.
    }
  }
  throw new Error("there is no Chromium on PATH; install it or name it in CHINWAG_CHROMIUM");
}

/// Opens a browser that closes with the test `t`. When that fails, `results/failed-….png` shows each open page.
export async function openBrowser(t) {
  const browser = await chromium.launch({ executablePath: program(), headless: true, chromiumSandbox: false, args: FLAGS });
  t.after(async () => {
    if (!t.passed) await seeAll(browser, `failed-${t.name.replace(/\W+/g, "-")}`);
    await browser.close();
  });
  return browser;
}

async function seeAll(browser, name) {
  const pages = browser.contexts().flatMap((context) => context.pages());
  for (const [number, page] of pages.entries()) {
    // The test has failed already; a page that cannot be pictured must not hide why.
    await page.screenshot({ path: path.join(RESULTS, `${name}-${number + 1}.png`), timeout: STEP_MS }).catch(() => {});
  }
}

/// A new person: a profile of their own with one open page at `url`.
///
/// Options are Playwright's for a context (`viewport`, `colorScheme`, `reducedMotion`, …) and `storageState`.
/// Returns `page` (Playwright's), `context`, `problems`, `ready()`, `see(name)`, `checkAccess()`, `checkProblems()`.
export async function arrive(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(STEP_MS);
  const person = new Person(context, await context.newPage());
  await person.watch();
  await person.page.goto(url);
  await person.ready();
  return person;
}

class Person {
  /// What went wrong in the page so far, as text. A journey that expects some removes it.
  problems = [];

  constructor(context, page) {
    this.context = context;
    this.page = page;
  }

  async watch() {
    const note = (kind, text) => this.problems.push(`${kind}: ${text}`);
    this.page.on("console", (message) => {
      if (message.type() === "error") note("console", `${message.text()} (${message.location().url})`);
    });
    this.page.on("pageerror", (error) => note("exception", error.stack ?? error.message));
    this.page.on("crash", () => note("crash", this.page.url()));
    await this.page.exposeFunction("noteViolation", (text) => note("policy", text));
    await this.page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        window.noteViolation(`${event.effectiveDirective} refused ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`);
      });
      window.addEventListener("TrunkApplicationStarted", () => (window.chinwagStarted = true));
    });
  }

  /// Waits until the page's WebAssembly runs. Call it after a reload, too.
  async ready() {
    assert.notEqual(await this.page.title(), "Chinwag: page not built", "build the page first: cargo xtask build");
    await this.page.waitForFunction(() => window.chinwagStarted === true);
  }

  /// Waits until what fades and slides is where it will be. What moves for good does not count.
  async settle() {
    await this.page.evaluate(() => {
      const passing = document.getAnimations().filter((animation) => animation.effect.getComputedTiming().iterations !== Infinity);
      return Promise.all(passing.map((animation) => animation.finished.catch(() => {})));
    });
  }

  /// Saves a picture of the page as `results/<name>.png`, to be looked at.
  async see(name) {
    await this.settle();
    await this.page.screenshot({ path: path.join(RESULTS, `${name}.png`) });
  }

  /// Fails on anything that keeps people with assistive technology out, with where and why.
  async checkAccess() {
    await this.settle();
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    const found = violations.map((violation) => `${violation.id}: ${violation.help}\n${violation.nodes.map((node) => `    ${node.html}`).join("\n")}`);
    assert.deepEqual(found, [], "accessibility");
  }

  /// Takes note that the server was to refuse something, which browsers report.
  expectRefusal() {
    this.problems = this.problems.filter((problem) => !/status of 4\d\d/.test(problem));
  }

  /// Fails on every console error, exception, refused policy and crash since the start.
  checkProblems() {
    assert.deepEqual(this.problems, [], "what the page should not do");
  }
}
