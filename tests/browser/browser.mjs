// Chromium, and what people do in it.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";
import { PASSWORD } from "./people.mjs";

/** Where pictures of the screens are kept. */
const SHOTS = process.env.SHOTS ?? resolve(import.meta.dirname, "../../.dev/browser");
const AXE = readFileSync(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/**
 * How long what must come may take, in milliseconds. Nothing takes long by itself: a machine that has a lot to do makes
 * everything slow.
 */
export const PATIENCE = 60_000;

export function launch() {
  // The tests may run as root, where chromium has no sandbox of its own.
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", chromiumSandbox: false });
}

/** A window of somebody's own, with nothing kept from others. Complaints of the page fail the test at its end. */
export class Window {
  complaints = [];

  constructor(context, page, api) {
    this.context = context;
    this.page = page;
    this.api = api;
  }

  static async open(browser, api, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ...options });
    context.setDefaultTimeout(PATIENCE);
    const window = new Window(context, await context.newPage(), api);
    await context.exposeFunction("complain", (text) => window.complaints.push(text));
    await context.addInitScript(() => {
      addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) =>
        window.complain(`policy: ${violatedDirective} ${blockedURI} ${sample}`),
      );
    });
    window.page.on("pageerror", (error) => window.complaints.push(`error: ${error.stack}`));
    window.page.on("dialog", (dialog) => {
      window.complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await window.page.goto(api);
    return window;
  }

  /** Signs in by the page's own form. */
  async signIn(person) {
    const form = this.page.getByRole("form", { name: "Sign in" });
    await form.getByLabel("Email").fill(person.email);
    await form.getByLabel("Password").fill(PASSWORD);
    await form.getByRole("button", { name: "Sign in" }).click();
    const groups = this.page.getByRole("navigation", { name: `Groups of ${person.name}` });
    await groups.locator(".groups").waitFor({ state: "attached" });
  }

  /** A window of somebody who is signed in. */
  static async of(browser, person, options) {
    const window = await Window.open(browser, person.api, options);
    await window.signIn(person);
    return window;
  }

  group(name) {
    return this.page.getByRole("navigation").getByRole("button", { name: new RegExp(`^${escaped(name)}`) });
  }

  async openGroup(name) {
    await this.group(name).click();
    await this.page.getByRole("heading", { name, level: 2, exact: true }).waitFor();
  }

  get log() {
    return this.page.getByRole("log");
  }

  get box() {
    return this.page.getByRole("textbox", { name: /^Message to/ });
  }

  async write(text) {
    await this.box.fill(text);
    await this.box.press("Enter");
  }

  /** The texts of the messages that are shown, in order, also of those on their way. */
  texts() {
    return this.log.locator("li.row .text").allInnerTexts();
  }

  /** Waits until a message is shown. */
  async hears(text) {
    await this.log.locator("li.row .text").getByText(text, { exact: true }).first().waitFor();
  }

  /** Waits until real time is there, and tells so many of the open group's members. */
  async isLive(online) {
    await this.page.getByText(`${online} online`, { exact: true }).waitFor();
  }

  /** Stands between the page, once it is loaded again, and real time: can hold messages back, and let them go. */
  async messages() {
    const held = [];
    let holds = false;
    await this.page.routeWebSocket(/socket\.io/, (socket) => {
      socket.connectToServer().onMessage((frame) => {
        if (holds && /^42.?\["message"/.test(frame)) held.push(() => socket.send(frame));
        else socket.send(frame);
      });
    });
    return {
      held: () => held.length,
      hold: () => {
        holds = true;
      },
      release: () => {
        holds = false;
        for (const send of held.splice(0)) send();
      },
    };
  }

  /** What is said aloud from now on, as it comes. */
  async listen() {
    const said = [];
    await this.page.exposeFunction("said", (text) => said.push(text));
    await this.page.evaluate(() => {
      const region = document.querySelector(".seat > [role=status]");
      new MutationObserver(() => globalThis.said(region.textContent)).observe(region, {
        childList: true,
        characterData: true,
        subtree: true,
      });
    });
    return said;
  }

  /** Answers a function that reads how long the page's main thread has worked, in milliseconds of CPU. */
  async worked() {
    const devtools = await this.context.newCDPSession(this.page);
    // The thread's own time: on a machine with more to do it is late, and works as long.
    await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
    return async () => {
      const { metrics } = await devtools.send("Performance.getMetrics");
      return 1000 * metrics.find(({ name }) => name === "TaskDuration").value;
    };
  }

  /** Keeps a picture of the screen. */
  async shoot(name) {
    mkdirSync(SHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`) });
  }

  /** Fails where the screen breaks a rule of WCAG 2.2 AA, or of good practice, in light or dark. */
  async isAccessible(name) {
    for (const colorScheme of ["light", "dark"]) {
      await this.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await this.shoot(`${name}-${colorScheme}`);
      const broken = await this.page.evaluate(AXE).then(() =>
        this.page.evaluate(async () => {
          const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
          return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("\n")}`);
        }),
      );
      assert.deepEqual(broken, [], `${name}, ${colorScheme}`);
    }
    await this.page.emulateMedia({ colorScheme: null, reducedMotion: null });
  }

  /** Closes it, and fails where the page complained. */
  async close() {
    await this.context.close();
    assert.deepEqual(this.complaints, []);
  }
}

/** Waits until something is so. */
export async function until(is) {
  const end = Date.now() + PATIENCE;
  while (!(await is())) {
    assert.ok(Date.now() < end, `it is not so in time: ${is}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
