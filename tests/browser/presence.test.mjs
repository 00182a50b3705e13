// Who is there, and who is writing.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, until, Window } from "./browser.mjs";
import { Person } from "./people.mjs";
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

/** Alice with the group open, Bob signed in. Dave is in it too, and away. */
async function pair() {
  const [alice, bob, dave] = await Promise.all(
    ["Alice", "Bob", "Dave"].map((name) => Person.signUp(parlour.api, name)),
  );
  await alice.group("Stanley Park", [bob, dave]);
  const one = await Window.of(browser, alice, { colorScheme: "dark" });
  await one.openGroup("Stanley Park");
  return [one, await Window.of(browser, bob)];
}

/** The two with the group open, each of whom real time knows of. */
async function writers() {
  const [one, other] = await pair();
  await other.openGroup("Stanley Park");
  for (const window of [one, other]) await window.isLive(2);
  return [one, other];
}

test("who is online is counted and has a dot, and is neither once they have gone", async () => {
  const [one, other] = await pair();
  await one.isLive(2);
  await one.page.getByRole("button", { name: "3 members" }).click();
  const members = one.page.getByRole("dialog", { name: "Members of Stanley Park" });
  const here = members.getByRole("listitem").filter({ hasText: "(online)" });
  await members.getByText("Dave", { exact: true }).waitFor();
  assert.equal(await here.count(), 2);
  await one.isAccessible("members-online");

  await other.close();
  await here.filter({ hasText: "Bob" }).waitFor({ state: "detached" });
  await here.filter({ hasText: "Alice" }).waitFor();
  await one.page.keyboard.press("Escape");
  await one.isLive(1);
  await one.close();
});

test("who is typing is shown until they have written, and said aloud once", async () => {
  const [one, other] = await writers();
  const said = await one.listen();
  const typing = one.page.getByText("Bob is typing…");
  await other.box.pressSequentially("Hello, Al");
  await typing.waitFor();
  assert.equal(await other.page.getByText("is typing…").count(), 0, "one's own is no news");
  await other.box.pressSequentially("ice");
  await other.box.press("Enter");
  await one.hears("Hello, Alice");
  await typing.waitFor({ state: "detached" });
  await until(async () => said.length > 1);
  assert.deepEqual(said, ["Bob is typing", "Bob: Hello, Alice"]);
  // It is told rarely: who goes on is shown again.
  await until(async () => {
    await other.box.press("a");
    return typing.isVisible();
  });
  await one.isAccessible("typing");
  for (const window of [one, other]) await window.close();
});

test("who stops without a word is shown for a while and no longer", async () => {
  const [one, other] = await writers();
  await other.box.pressSequentially("Well");
  const typing = one.page.getByText("Bob is typing…");
  await typing.waitFor();
  await typing.waitFor({ state: "detached" });
  assert.deepEqual(await one.texts(), []);
  for (const window of [one, other]) await window.close();
});

test("typing is told rarely, and a group that is open is told of once", async () => {
  const [one, other] = await pair();
  const sent = [];
  other.page.on("websocket", (socket) =>
    socket.on("framesent", ({ payload }) => sent.push(...(/^42\d*\["(\w+)"/.exec(payload)?.slice(1) ?? []))),
  );
  await other.page.reload();
  await other.openGroup("Stanley Park");
  await other.isLive(2);
  const began = Date.now();
  await other.box.pressSequentially("a longer text, letter by letter");
  await one.page.getByText("Bob is typing…").waitFor();
  const seconds = (Date.now() - began) / 1_000;
  const typing = sent.filter((event) => event === "typing").length;
  assert.ok(typing >= 1 && typing <= 1 + seconds / 3, `${typing} in ${seconds} s`);
  assert.deepEqual(
    sent.filter((event) => event !== "typing"),
    ["open"],
  );
  for (const window of [one, other]) await window.close();
});
