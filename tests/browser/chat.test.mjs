// People who write to each other.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, until, Window } from "./browser.mjs";
import { PASSWORD, Person } from "./people.mjs";
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

/** Alice and Bob, signed in, in a group of theirs that both have open. */
async function pair() {
  const [alice, bob] = [await Person.signUp(parlour.api, "Alice"), await Person.signUp(parlour.api, "Bob")];
  const group = await alice.group("Stanley Park", [bob]);
  const windows = [await Window.of(browser, alice), await Window.of(browser, bob)];
  for (const window of windows) await window.openGroup("Stanley Park");
  return { alice, bob, group, windows };
}

test("two browsers chat, and a reload keeps everything", async () => {
  const { alice, group, windows } = await pair();
  const [one, other] = windows;
  await one.write("Hello, Bob");
  await other.hears("Hello, Bob");
  await other.write("Hello, Alice");
  await one.hears("Hello, Alice");
  await one.box.fill("a draft");
  await one.page.reload();
  await one.hears("Hello, Alice");
  assert.deepEqual(await one.texts(), ["Hello, Bob", "Hello, Alice"]);
  assert.equal(await one.box.inputValue(), "a draft");
  assert.deepEqual((await alice.log(group)).map(({ message }) => message), ["Hello, Bob", "Hello, Alice"]);
  for (const window of windows) await window.close();
});

test("the list of groups has a message's words, and none of its marks", async () => {
  const { group, windows, alice } = await pair();
  await alice.send(group, "**Bold**, _leaning_ and `code`: 2 * 3 * 4\n\n- [x] done\n- \\*plain\\*\n> said <b>so</b>");
  const last = windows[1].group("Stanley Park").locator(".last");
  await last.getByText("Alice: Bold, leaning and code: 2 * 3 * 4 ☑ done *plain* said <b>so</b>").waitFor();
  for (const window of windows) await window.close();
});

test("what was written while away appears once, in order, under the divider", async () => {
  const { alice, bob, group, windows } = await pair();
  const [one, other] = windows;
  await one.write("before");
  await other.hears("before");
  await until(async () => (await bob.call("GET", `/groups/${group.id}`)).unread_count === 0);
  await other.page.goto("about:blank");
  const missed = Array.from({ length: 12 }, (_, number) => `while away ${number + 1}`);
  for (const text of missed) await alice.send(group, text);
  await other.page.goBack();
  await other.hears("while away 12");
  const rows = await other.log.locator("li").evaluateAll((rows) =>
    rows.map((row) => (row.matches(".new") ? "-- new --" : row.querySelector(".text")?.innerText)).filter(Boolean),
  );
  assert.deepEqual(rows, ["before", "-- new --", ...missed]);

  await until(async () => (await bob.call("GET", `/groups/${group.id}`)).unread_count === 0);
  assert.equal(await other.log.locator(".new").count(), 1, "it stays until something is written, or the group is left");
  await other.write("I am back");
  await other.hears("I am back");
  assert.equal(await other.log.locator(".new").count(), 0);
  for (const window of windows) await window.close();
});

test("who changes their name is shown by the new one, once the old one is five minutes old", async () => {
  const { bob, group, windows } = await pair();
  const [one] = windows;
  await bob.send(group, "as Bob");
  await one.hears("as Bob");
  const authors = () => one.log.locator(".by bdi").allInnerTexts();
  await until(async () => (await authors()).join() === "Bob");
  await bob.call("PATCH", "/users/me", { user: { name: "Robert", current_password: PASSWORD } });
  await bob.send(group, "a moment later");
  await one.hears("a moment later");
  assert.deepEqual(await authors(), ["Bob"]);
  await one.page.evaluate(() => {
    const now = Date.now;
    Date.now = () => now() + 300_000;
  });
  await bob.send(group, "much later");
  await one.hears("much later");
  await until(async () => (await authors()).every((name) => name === "Robert"));
  for (const window of windows) await window.close();
});

test("the list counts what is unread, live, and puts the latest first", async () => {
  const { alice, bob, windows } = await pair();
  const [, other] = windows;
  const quiet = await alice.group("A quiet place", [bob]);
  await other.group("A quiet place").waitFor();
  for (const text of ["one", "two", "three"]) await alice.send(quiet, text);
  const entry = other.group("A quiet place");
  await entry.getByText("3 unread messages").waitFor();
  await entry.getByText("three").waitFor();
  const names = await other.page.getByRole("navigation").locator(".groups .name").allInnerTexts();
  assert.deepEqual(names, ["A quiet place", "Stanley Park"]);
  await other.page.waitForFunction(() => document.title === "(3) Parlour");
  assert.match(await other.page.locator("link[rel=icon]").getAttribute("href"), /^data:image\/png/);

  await other.openGroup("A quiet place");
  await other.page.waitForFunction(() => document.title === "Parlour");
  // Who leaves at once has read it all the same.
  await other.page.goto("about:blank");
  await until(async () => (await bob.call("GET", `/groups/${quiet.id}`)).unread_count === 0);
  await other.page.goBack();
  await other.hears("three");
  assert.equal(await other.page.title(), "Parlour");
  for (const window of windows) await window.close();
});

test("a message is there at once, and in its place when the server has it", async () => {
  const { alice, group, windows } = await pair();
  const [one] = windows;
  let answer;
  const held = new Promise((resolve) => {
    answer = resolve;
  });
  await one.page.route("**/messages", async (route) => {
    if (route.request().method() === "POST") await held;
    await route.continue();
  });
  await one.write("pending");
  await one.hears("pending");
  await one.log.getByText("Sending…").waitFor();
  answer();
  await one.log.getByText("Sending…").waitFor({ state: "detached" });
  assert.deepEqual(await one.texts(), ["pending"]);
  assert.equal((await alice.log(group)).length, 1);
  for (const window of windows) await window.close();
});

test("who writes fast keeps the order", async () => {
  const { alice, group, windows } = await pair();
  const [one, other] = windows;
  const texts = Array.from({ length: 30 }, (_, number) => `number ${number + 1}`);
  for (const text of texts) await one.write(text);
  await other.hears("number 30");
  assert.deepEqual(await other.texts(), texts);
  await one.log.locator(".sending, .waiting").first().waitFor({ state: "detached" });
  assert.deepEqual(await one.texts(), texts);
  assert.deepEqual((await alice.log(group)).map(({ message }) => message), texts);
  for (const window of windows) await window.close();
});

test("groups are made, their members get roles, are removed, and leave", async () => {
  const { alice, bob, windows } = await pair();
  const [one, other] = windows;
  await one.page.getByRole("button", { name: "New group" }).click();
  await one.page.getByRole("dialog").getByLabel("Name").fill("Kitchen");
  await one.page.getByRole("button", { name: "Make the group" }).click();
  await one.page.getByRole("heading", { name: "Kitchen", level: 2 }).waitFor();

  await one.page.getByRole("button", { name: "1 member" }).click();
  const members = one.page.getByRole("dialog", { name: "Members of Kitchen" });
  await members.getByLabel("Add somebody by their email").fill(bob.email);
  await members.getByRole("button", { name: "Add", exact: true }).click();
  await members.getByLabel("Role of Bob").selectOption("admin");
  await other.openGroup("Kitchen");
  await other.page.getByRole("button", { name: "2 members" }).click();
  await other.page.getByRole("dialog").getByText("admin").waitFor();
  await other.page.keyboard.press("Escape");

  await members.getByLabel("Role of Alice").selectOption("member");
  await members.getByRole("alert").filter({ hasText: /\w/ }).waitFor();
  await members.getByRole("button", { name: "Remove Bob" }).click();
  await other.page.getByText("You are no longer in Kitchen.").waitFor();
  assert.equal(await other.group("Kitchen").count(), 0);
  await one.page.keyboard.press("Escape");

  await other.openGroup("Stanley Park");
  await other.page.getByRole("button", { name: "More about this group" }).click();
  await other.page.getByRole("button", { name: "Leave the group" }).click();
  await other.page.getByRole("dialog").getByRole("button", { name: "Leave" }).click();
  await other.page.getByText("You are no longer in Stanley Park.").waitFor();
  await one.openGroup("Stanley Park");
  await one.page.getByRole("button", { name: "1 member" }).waitFor();
  assert.equal((await alice.call("GET", "/groups")).groups.length, 2);
  for (const window of windows) await window.close();
});

test("a group that its owner deletes is gone for everybody, with what was written in it", async () => {
  const { alice, bob, group, windows } = await pair();
  const [one, other] = windows;
  await other.write("soon gone");
  await one.hears("soon gone");
  await other.page.getByRole("button", { name: "More about this group" }).click();
  await other.page.getByRole("button", { name: "Leave the group" }).waitFor();
  assert.equal(await other.page.getByRole("button", { name: "Delete the group" }).count(), 0, "Bob does not own it");
  await other.page.keyboard.press("Escape");

  const ask = async () => {
    await one.page.getByRole("button", { name: "More about this group" }).click();
    await one.page.getByRole("button", { name: "Delete the group" }).click();
    return one.page.getByRole("dialog", { name: "Delete Stanley Park?" });
  };
  await (await ask()).getByRole("button", { name: "Cancel" }).click();
  assert.equal((await bob.log(group)).length, 1, "who cancels deletes nothing");
  await (await ask()).getByRole("button", { name: "Delete" }).click();
  for (const window of windows) {
    await window.page.getByText("You are no longer in Stanley Park.").waitFor();
    assert.equal(await window.group("Stanley Park").count(), 0);
    assert.equal(await window.page.getByText("soon gone").count(), 0);
  }
  await Promise.all([alice, bob].map((person) => assert.rejects(person.log(group), /404/)));
  for (const window of windows) await window.close();
});

test("a group gets another name, and everybody sees it at once", async () => {
  const { alice, bob, group, windows } = await pair();
  const [one, other] = windows;
  await other.isLive(2);
  await one.page.getByRole("button", { name: "More about this group" }).click();
  await one.page.getByRole("button", { name: "Edit the group" }).click();
  const dialog = one.page.getByRole("dialog", { name: "Edit Stanley Park" });
  assert.equal(await dialog.getByLabel("Name").inputValue(), "Stanley Park");
  await dialog.getByLabel("Name").fill(" ");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("Name can't be blank").waitFor();
  await dialog.getByLabel("Name").fill("English Bay");
  await dialog.getByLabel("Description").fill("Swimmers");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  for (const { page } of windows) {
    await page.getByRole("heading", { name: "English Bay", level: 2, exact: true }).waitFor();
    await page.getByRole("navigation").getByText("English Bay", { exact: true }).waitFor();
    await page.locator(".room header").getByText("Swimmers", { exact: true }).waitFor();
  }
  // What is not changed in the dialog is left as it is meanwhile.
  await one.page.getByRole("button", { name: "More about this group" }).click();
  await one.page.getByRole("button", { name: "Edit the group" }).click();
  await alice.call("PATCH", `/groups/${group.id}`, { group: { description: "Walkers" } });
  await other.page.locator(".room header").getByText("Walkers", { exact: true }).waitFor();
  const again = one.page.getByRole("dialog", { name: "Edit English Bay" });
  await again.getByLabel("Name").fill("Kits");
  await again.getByRole("button", { name: "Save" }).click();
  await again.waitFor({ state: "detached" });
  const { name, description } = await bob.call("GET", `/groups/${group.id}`);
  assert.deepEqual([name, description], ["Kits", "Walkers"]);
  await other.page.getByRole("button", { name: "More about this group" }).click();
  assert.equal(await other.page.getByRole("button", { name: "Edit the group" }).count(), 0, "members change nothing");
  for (const window of windows) await window.close();
});

test("what somebody wrote goes with their account", async () => {
  const { bob, windows } = await pair();
  const [one, other] = windows;
  await other.write("soon gone");
  await one.hears("soon gone");
  await bob.call("DELETE", "/users/me", { user: { current_password: PASSWORD } });
  await other.page.getByRole("form", { name: "Sign in" }).waitFor();
  await one.log.getByText("This message was erased.").waitFor();
  await one.log.getByText("Former member").waitFor();
  assert.equal(await one.log.getByText("soon gone").count(), 0);
  await one.group("Stanley Park").getByText("A message that was erased").waitFor();
  await one.page.getByRole("button", { name: "1 member" }).waitFor();
  for (const window of windows) await window.close();
});

/** Wants notifications, and counts them: answers a function that reads them. */
async function notified(window) {
  await window.context.grantPermissions(["notifications"], { origin: parlour.api });
  await window.page.getByRole("button", { name: "More", exact: true }).click();
  await window.page.getByRole("button", { name: "Notify me here" }).click();
  await until(() => window.page.evaluate(() => localStorage.getItem("parlour.notify") === "yes"));
  await window.page.evaluate(() => {
    const { Notification } = globalThis;
    globalThis.notified = [];
    globalThis.Notification = class extends Notification {
      constructor(title, options) {
        super(title, options);
        globalThis.notified.push(`${title}: ${options.body}`);
      }
    };
  });
  return () => window.page.evaluate(() => globalThis.notified);
}

/** Tests' windows have the focus all at once; this one's owner looks elsewhere from now on. */
const looksAway = (window) =>
  window.page.evaluate(() => {
    document.hasFocus = () => false;
  });

test("who wants it is notified on the desktop while they look elsewhere", async () => {
  const { bob, group, windows } = await pair();
  const [one] = windows;
  const notifications = await notified(one);
  await one.isLive(2);
  await bob.send(group, "you see this");
  await one.hears("you see this");
  await looksAway(one);
  await bob.send(group, "but not this");
  await until(async () => (await notifications()).length > 0);
  assert.deepEqual(await notifications(), ["Stanley Park: Bob: but not this"]);
  // It is new to whoever comes back.
  await one.log.locator(".new").waitFor();
  for (const window of windows) await window.close();
});

test("a phone, which lets no page notify, is asked no more, and goes on", async () => {
  const { bob, group, windows } = await pair();
  const [one] = windows;
  await notified(one);
  await one.isLive(2);
  await one.page.evaluate(() => {
    globalThis.tried = 0;
    globalThis.Notification = class {
      constructor() {
        globalThis.tried += 1;
        throw new TypeError("Failed to construct 'Notification': Illegal constructor.");
      }
    };
  });
  await looksAway(one);
  for (const text of ["first", "second"]) {
    await bob.send(group, text);
    await one.hears(text);
  }
  assert.equal(await one.page.evaluate(() => globalThis.tried), 1);
  for (const window of windows) await window.close();
});

test("of a message somebody is notified once, whichever way it comes first", async () => {
  const { alice, bob, group, windows } = await pair();
  const [one] = windows;
  const messages = await one.messages();
  messages.hold();
  await alice.group("Kitsilano");
  await one.page.reload();
  await one.isLive(2);
  const notifications = await notified(one);
  await looksAway(one);
  await bob.send(group, "by HTTP first");
  await until(() => messages.held() === 1);
  await one.openGroup("Kitsilano");
  await one.openGroup("Stanley Park");
  await one.hears("by HTTP first");
  await until(async () => (await notifications()).length > 0);
  messages.release();
  await bob.send(group, "by the socket first");
  await until(async () => (await notifications()).length > 1);
  assert.deepEqual(await notifications(), [
    "Stanley Park: Bob: by HTTP first",
    "Stanley Park: Bob: by the socket first",
  ]);
  for (const window of windows) await window.close();
});
