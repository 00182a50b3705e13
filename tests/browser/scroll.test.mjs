// A long log stays light.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, until, Window } from "./browser.mjs";
import { Person } from "./people.mjs";
import { Parlour } from "./server.mjs";

const MESSAGES = 10_000;
/** The most rows of messages in the page. */
const ROWS = 300;
/** How far a frame scrolls, in pixels: faster than anybody reads. */
const STEP = 250;
/** What a frame may cost of the main thread on average, in milliseconds of CPU: 60 frames a second leave 16.7. */
const FRAME_COST = 12;

let parlour;
let browser;
before(async () => {
  parlour = await Parlour.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await parlour?.end();
});

/** Scrolls until a message is in view, a step each frame; answers how long the frames took, and the most rows. */
function scrollTo(window, seq, step) {
  return window.log.evaluate(
    (log, { seq, step }) =>
      new Promise((done) => {
        const frames = [];
        let [rows, last] = [0, performance.now()];
        const frame = (now) => {
          frames.push(now - last);
          last = now;
          log.scrollTop += step;
          rows = Math.max(rows, log.querySelectorAll("li").length);
          const row = log.querySelector(`li[data-seq="${seq}"]`);
          const inView = row && row.offsetTop + row.offsetHeight >= log.scrollTop && row.offsetTop <= log.scrollTop + log.clientHeight;
          if (inView) done({ frames: frames.slice(1), rows });
          else requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
      }),
    { seq, step },
  );
}

test(`${MESSAGES} messages are scrolled through, to the top and back, without a jump or a heap of rows`, async () => {
  const alice = await Person.signUp(parlour.api, "Alice");
  const bob = await Person.signUp(parlour.api, "Bob");
  const group = await alice.group("Long", [bob]);
  const texts = Array.from({ length: MESSAGES / 2 }, (_, number) => `Message **${number}**, ${"and so on, ".repeat(number % 7)}and \`code\``);
  await Promise.all([alice.sendMany(group, texts), bob.sendMany(group, texts)]);
  await alice.call("PUT", `/groups/${group.id}/read`, { read: { seq: MESSAGES } });

  const window = await Window.of(browser, alice);
  await window.openGroup("Long");
  await window.log.locator(`li[data-seq="${MESSAGES}"]`).waitFor();
  assert.equal(await window.log.locator("li[data-seq]").count(), 50, "it opens with the newest 50");

  const worked = await window.worked();
  for (const [way, seq, step] of [
    ["up", 1, -STEP],
    ["down", MESSAGES, STEP],
  ]) {
    const before = await worked();
    const { frames, rows } = await scrollTo(window, seq, step);
    const cost = ((await worked()) - before) / frames.length;
    const sorted = frames.toSorted((one, other) => one - other);
    const at = (part) => sorted[Math.floor(sorted.length * part)].toFixed(1);
    const mean = frames.reduce((sum, frame) => sum + frame, 0) / frames.length;
    console.log(
      `# ${way}: ${cost.toFixed(1)} ms of CPU a frame; ${(1000 / mean).toFixed(0)} frames/s over ${frames.length} frames, median ${at(0.5)} ms, 95 % ${at(0.95)} ms, 99 % ${at(0.99)} ms, at most ${sorted.at(-1).toFixed(0)} ms; ${rows} rows`,
    );
    assert.ok(rows <= ROWS + 20, `${rows} rows`);
    assert.ok(cost <= FRAME_COST, `a frame ${way} costs ${cost} ms of CPU`);
  }
  const seqs = await window.log.locator("li[data-seq]").evaluateAll((rows) => rows.map((row) => Number(row.dataset.seq)));
  assert.deepEqual(seqs, Array.from(seqs, (_, at) => MESSAGES - seqs.length + 1 + at), "none is missing");
  await window.close();
});

test("what is in view stays where it is while older messages come in above it", async () => {
  const alice = await Person.signUp(parlour.api, "Alice");
  const group = await alice.group("Still");
  const texts = Array.from({ length: 200 }, (_, number) => `${number} ${"word ".repeat((number * 37) % 90)}`);
  for (const text of texts) await alice.send(group, text);
  const window = await Window.of(browser, alice);
  await window.openGroup("Still");
  await window.log.locator('li[data-seq="200"]').waitFor();
  const moved = await window.log.evaluate(async (log) => {
    const frame = () => new Promise(requestAnimationFrame);
    log.scrollTop = 20;
    await frame();
    const row = [...log.querySelectorAll("li[data-seq]")].find((row) => row.offsetTop + row.offsetHeight > log.scrollTop);
    const [first, top] = [log.querySelector("li[data-seq]").dataset.seq, row.getBoundingClientRect().top];
    while (log.querySelector("li[data-seq]").dataset.seq === first) await frame();
    await frame();
    return row.getBoundingClientRect().top - top;
  });
  assert.ok(Math.abs(moved) < 1, `it moved by ${moved} pixels`);
  await window.close();
});

test("who reads further up is not moved by what comes, is told of it, and can go to it", async () => {
  const alice = await Person.signUp(parlour.api, "Alice");
  const bob = await Person.signUp(parlour.api, "Bob");
  const group = await alice.group("Up", [bob]);
  await alice.sendMany(group, Array.from({ length: 400 }, (_, number) => `old ${number}`));
  const window = await Window.of(browser, alice);
  await window.openGroup("Up");
  await window.log.locator('li[data-seq="400"]').waitFor();
  await window.log.evaluate((log) => (log.scrollTop = 300));
  await window.page.getByRole("button", { name: "Jump to newest" }).waitFor();
  const before = await window.log.evaluate((log) => log.scrollTop);
  await bob.send(group, "something new");
  await window.page.getByRole("button", { name: "1 new message" }).click();
  await window.hears("something new");
  assert.ok(before > 0);
  await until(async () => (await bob.call("GET", `/groups/${group.id}`)).last_seq === 401);
  await until(async () => (await alice.call("GET", `/groups/${group.id}`)).unread_count === 0);
  await window.close();
});

test("a group with hundreds of unread messages opens where they begin, and leads to the newest", async () => {
  const alice = await Person.signUp(parlour.api, "Alice");
  const bob = await Person.signUp(parlour.api, "Bob");
  const group = await alice.group("Busy", [bob]);
  for (let number = 1; number <= 30; number += 1) await alice.send(group, `read ${number}`);
  await alice.sendMany(group, Array.from({ length: 500 }, (_, number) => `unread ${number}`));
  await bob.call("PUT", `/groups/${group.id}/read`, { read: { seq: 30 } });
  const window = await Window.of(browser, bob);
  await window.openGroup("Busy");
  const divider = window.log.locator(".new");
  await divider.waitFor();
  const [shown, box] = [await divider.boundingBox(), await window.log.boundingBox()];
  assert.ok(shown.y > box.y && shown.y < box.y + box.height, "the divider is in view");
  await window.shoot("divider");
  await window.page.getByRole("button", { name: /new messages$/ }).click();
  await window.log.locator('li[data-seq="530"]').waitFor();
  await until(async () => (await bob.call("GET", `/groups/${group.id}`)).unread_count === 0);
  await window.close();
});

test("Esc takes everything as read, and leads to the newest", async () => {
  const alice = await Person.signUp(parlour.api, "Alice");
  const bob = await Person.signUp(parlour.api, "Bob");
  const group = await alice.group("Busy", [bob]);
  await alice.sendMany(group, Array.from({ length: 200 }, (_, number) => `unread ${number}`));
  const window = await Window.of(browser, bob);
  await window.openGroup("Busy");
  await window.log.locator(".new").waitFor();
  await window.page.keyboard.press("Escape");
  await window.log.locator('li[data-seq="200"]').waitFor();
  await window.log.locator(".new").waitFor({ state: "detached" });
  await until(async () => (await bob.call("GET", `/groups/${group.id}`)).unread_count === 0);
  await window.close();
});
