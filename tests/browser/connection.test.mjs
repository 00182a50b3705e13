// What people see while parts of the server are away, in the production shape.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { launch, until, Window } from "./browser.mjs";
import { Person } from "./people.mjs";
import { Shape } from "./server.mjs";

let shape;
let browser;
before(async () => {
  shape = await Shape.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await shape?.end();
});

// What a test leaves behind where it fails is its own failure, and nobody else's.
afterEach(() => shape?.mend());

/** Alice and Bob, signed in, in a group of theirs that both have open. */
async function pair() {
  const [alice, bob] = [await Person.signUp(shape.address, "Alice"), await Person.signUp(shape.address, "Bob")];
  const group = await alice.group("Stanley Park", [bob]);
  const windows = [await Window.of(browser, alice), await Window.of(browser, bob)];
  for (const window of windows) await window.openGroup("Stanley Park");
  await windows[0].write("hello");
  await windows[1].hears("hello");
  return { alice, bob, group, windows };
}

/** What the log holds is what both show: each once, in order. */
async function agree({ alice, group, windows }, texts) {
  assert.deepEqual((await alice.log(group)).map(({ message }) => message), texts);
  for (const window of windows) {
    await until(async () => (await window.texts()).length === texts.length);
    assert.deepEqual(await window.texts(), texts);
  }
}

const banner = (window, text) => window.page.locator(".banner").getByText(text);

test("without real time people go on over HTTP, and are told so", async () => {
  const scene = await pair();
  const [one, other] = scene.windows;
  await shape.realtime.end("SIGKILL");
  await banner(one, /Live updates are down/).waitFor();
  await banner(one, /Next attempt in \d+ s|Trying/).waitFor();
  await one.shoot("realtime-away");
  await one.write("while it is down");
  await one.log.locator(".sending, .waiting").first().waitFor({ state: "detached" });
  await other.hears("while it is down");
  await other.write("it was fetched");
  await one.hears("it was fetched");

  // It is told for some seconds, from whenever it is so.
  await Promise.all([banner(one, /Back online/).waitFor(), shape.startRealtime()]);
  await banner(other, /Live updates are down/).waitFor({ state: "detached" });
  await one.write("live again");
  await other.hears("live again");
  await agree(scene, ["hello", "while it is down", "it was fetched", "live again"]);
  for (const window of scene.windows) await window.close();
});

test("a message that is pending when the API dies is shown as waiting, and sent once when it is back", async () => {
  const scene = await pair();
  const [one] = scene.windows;
  // It takes the request, and dies before it answers.
  shape.api.signal("SIGSTOP");
  await one.write("pending");
  await one.log.getByText("Sending…").waitFor();
  await shape.api.end("SIGKILL");
  await one.log.getByText("Waits for the connection").waitFor();
  await banner(one, /No connection to the server. 1 message waits to be sent/).waitFor();
  await one.write("and another");
  await banner(one, /2 messages wait to be sent/).waitFor();
  await one.shoot("api-away");

  await shape.startApi();
  await one.log.locator(".sending, .waiting").first().waitFor({ state: "detached" });
  await agree(scene, ["hello", "pending", "and another"]);
  for (const window of scene.windows) await window.close();
});

test("what was written while the whole server was away comes after it, counted, under the divider", async () => {
  const scene = await pair();
  const [one, other] = scene.windows;
  await other.context.setOffline(true);
  await banner(other, /No connection to the server/).waitFor();
  const missed = Array.from({ length: 12 }, (_, number) => `missed ${number + 1}`);
  for (const text of missed) await one.write(text);
  await one.log.locator(".sending, .waiting").first().waitFor({ state: "detached" });
  await Promise.all([
    banner(other, "Back online. Caught up 12 messages.").waitFor(),
    other.context.setOffline(false),
  ]);
  await other.hears("missed 12");
  await other.shoot("caught-up");
  const rows = await other.log.locator("li").evaluateAll((rows) =>
    rows.map((row) => (row.matches(".new") ? "-- new --" : row.querySelector(".text")?.innerText)).filter(Boolean),
  );
  assert.deepEqual(rows, ["hello", "-- new --", ...missed]);
  await agree(scene, ["hello", ...missed]);
  for (const window of scene.windows) await window.close();
});

test("an answer that is lost makes no second message", async () => {
  const scene = await pair();
  const [one] = scene.windows;
  // Without real time nothing but the retry can tell that the message is stored.
  await shape.realtime.end("SIGKILL");
  let lost = 0;
  await one.page.route("**/messages", async (route) => {
    if (route.request().method() !== "POST" || lost > 0) return route.continue();
    lost += 1;
    await route.fetch();
    await route.abort();
  });
  await one.write("stored, and not answered");
  await until(async () => lost === 1);
  await one.log.locator(".sending, .waiting").first().waitFor({ state: "detached" });
  await shape.startRealtime();
  await agree(scene, ["hello", "stored, and not answered"]);
  for (const window of scene.windows) await window.close();
});

test("a message that fails twice is shown as failed, outlives a reload, and is sent when somebody says so", async () => {
  const scene = await pair();
  const [one] = scene.windows;
  let tries = 0;
  const fail = async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    tries += 1;
    await route.abort();
  };
  await one.page.route("**/messages", fail);
  await one.write("again and again");
  const alert = one.log.getByRole("alert");
  await alert.getByText("Not sent").waitFor();
  assert.equal(tries, 2, "it was retried once by itself");
  await one.shoot("failed");
  await one.page.reload();
  await alert.getByText("Not sent").waitFor();
  await one.page.unroute("**/messages", fail);
  await alert.getByRole("button", { name: "Try again" }).click();
  await alert.waitFor({ state: "detached" });
  await agree(scene, ["hello", "again and again"]);
  for (const window of scene.windows) await window.close();
});

test("what is refused says why, and can be let go", async () => {
  const scene = await pair();
  const [one] = scene.windows;
  await one.page.route("**/messages", (route) => {
    if (route.request().method() !== "POST") return route.continue();
    return route.continue({ postData: JSON.stringify({ message: { message: " " } }) });
  });
  await one.write("never");
  await one.log.getByText(/Not sent: Message can't be blank/).waitFor();
  await one.log.getByRole("button", { name: "Discard" }).click();
  await agree(scene, ["hello"]);
  for (const window of scene.windows) await window.close();
});
