// A look around as two guests.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, until, Window } from "./browser.mjs";
import { Parlour } from "./server.mjs";

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

/** The two parts of the page. */
async function seats(window) {
  await window.page.locator(".seat textarea").nth(1).waitFor();
  return [0, 1].map((at) => window.page.locator(".seat").nth(at));
}

async function write(seat, text) {
  await seat.getByRole("textbox", { name: /^Message to/ }).fill(text);
  await seat.getByRole("textbox", { name: /^Message to/ }).press("Enter");
}

const shows = (seat, text) => seat.getByRole("log").locator(".text").getByText(text, { exact: true }).waitFor();

test("from the page's address to real time within seconds, with one click", async () => {
  // Whatever else the machine does may delay any one of them.
  const times = [];
  let window, one, other;
  for (let tries = 0; tries < 3 && !(times.at(-1) < 5_000); tries += 1) {
    await window?.close();
    const start = Date.now();
    window = await Window.open(browser, parlour.api);
    await window.page.getByRole("button", { name: "Try it as a guest" }).click();
    [one, other] = await seats(window);
    await write(one, "Can you read me?");
    await shows(other, "Can you read me?");
    times.push(Date.now() - start);
  }
  console.log(`# from the address to the first message read by a second person: ${times.join(", ")} ms`);
  assert.ok(Math.min(...times) < 15_000, `${times} ms`);

  await write(other, "Loud and clear");
  await shows(one, "Loud and clear");
  await write(one, "That took **no time** at all");
  await shows(other, "That took no time at all");
  for (const seat of [one, other]) await seat.getByText("2 online", { exact: true }).waitFor();
  await window.isAccessible("guests");
  await window.page.reload();
  for (const seat of await seats(window)) {
    await shows(seat, "That took no time at all");
    assert.deepEqual(await seat.getByRole("log").locator(".text").allInnerTexts(), [
      "Can you read me?",
      "Loud and clear",
      "That took no time at all",
    ]);
    assert.equal(await seat.getByRole("button", { name: "Invite" }).count(), 0, "a guest can't invite");
  }
  await window.close();
});

test("the page is the same by the name localhost", async () => {
  const window = await Window.open(browser, parlour.api.replace("127.0.0.1", "localhost"));
  await window.page.getByRole("button", { name: "Try it as a guest" }).click();
  const [one, other] = await seats(window);
  await write(one, "by name");
  await shows(other, "by name");
  assert.equal(await window.page.getByText("Live updates are down").count(), 0);
  await window.close();
});

test("guests share nothing but the page", async () => {
  const window = await Window.open(browser, parlour.api);
  await window.page.getByRole("button", { name: "Try it as a guest" }).click();
  const [one, other] = await seats(window);
  await one.getByRole("button", { name: "All groups" }).click();
  await one.getByRole("button", { name: "New group" }).click();
  await window.page.getByRole("dialog").getByLabel("Name").fill("Mine alone");
  await window.page.getByRole("button", { name: "Make the group" }).click();
  await write(one, "a secret");
  await shows(one, "a secret");
  await other.getByRole("button", { name: "All groups" }).click();
  assert.equal(await other.locator(".groups button").count(), 1);

  // The keys belong to whoever has the focus.
  await other.locator(".groups button").first().focus();
  await window.page.keyboard.press("Control+k");
  assert.equal(await window.page.getByRole("dialog").getByRole("option").count(), 1);
  await window.page.keyboard.press("Escape");
  await window.close();
});

test("who leaves is gone, and the page is as at first", async () => {
  const window = await Window.open(browser, parlour.api);
  await window.page.getByRole("button", { name: "Try it as a guest" }).click();
  await seats(window);
  const people = await window.page.evaluate(() => JSON.parse(sessionStorage.getItem("parlour.sessions")).people);
  await window.page.getByRole("button", { name: "Leave", exact: true }).click();
  await window.page.getByRole("button", { name: "Try it as a guest" }).waitFor();
  assert.equal(await window.page.evaluate(() => sessionStorage.length), 0);
  for (const { token } of people) {
    const ended = async () =>
      (await fetch(`${parlour.api}/api/v1/users/me`, { headers: { authorization: `Bearer ${token}` } })).status === 401;
    await until(ended);
  }
  await window.close();
});

test("guests fit a phone, one above the other", async () => {
  const window = await Window.open(browser, parlour.api, { viewport: { width: 390, height: 800 } });
  const enter = window.page.getByRole("button", { name: "Try it as a guest" });
  await enter.waitFor();
  await window.isAccessible("welcome-phone");
  await enter.click();
  const [one, other] = await seats(window);
  await write(one, "above");
  await shows(other, "above");
  await window.isAccessible("guests-phone");
  await window.close();
});

test("where there are no guests there is no button", async () => {
  const closed = await Parlour.start({ GUESTS: "off", SIGN_UP: "closed" });
  const window = await Window.open(browser, closed.api);
  await window.page.getByRole("form", { name: "Sign in" }).waitFor();
  assert.equal(await window.page.getByRole("button", { name: "Try it as a guest" }).count(), 0);
  assert.equal(await window.page.getByRole("form", { name: "Create an account" }).count(), 0);
  await window.isAccessible("closed");
  await window.close();
  await closed.end();
});

