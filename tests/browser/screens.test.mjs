// Every screen, for every eye: axe in light and dark, and pictures of them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, until, Window } from "./browser.mjs";
import { Person } from "./people.mjs";
import { Parlour } from "./server.mjs";

const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };
/** The least width that WCAG asks for, in pixels. */
const NARROWEST = { viewport: { width: 320, height: 640 } };

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

/** Some people and a conversation, as a stranger might find them. */
async function town() {
  const names = ["Alice Munro", "Bob Ross", "Noor Haddad", "Søren Kierkegaard"];
  const [alice, bob, noor, soren] = await Promise.all(names.map((name) => Person.signUp(parlour.api, name)));
  const park = await alice.group("Stanley Park", [bob, noor, soren], "Sundays at ten, by the aquarium");
  const kitchen = await bob.group("Kitchen", [alice, noor]);
  const arabic = await noor.group("مجموعة الأصدقاء", [alice], "نلتقي كل خميس");
  await alice.call("PATCH", `/groups/${park.id}/members/${bob.id}`, { member: { role: "admin" } });
  await bob.send(kitchen, "The oven is fixed");
  await noor.send(arabic, "مرحبا! هل نلتقي غدا الساعة 10:30؟");
  await noor.send(arabic, "See you at the café ☕ نعم");
  const talk = [
    [bob, "Morning! Who is in for **Sunday**?"],
    [noor, "I am. Weather looks good: https://weather.example/vancouver"],
    [noor, "What should we bring?"],
    [bob, "Things to bring:\n- something to drink\n- the *big* blanket\n- `kite.zip` with the plans"],
    [soren, "> Who is in for Sunday?\n\nMe too, a little later"],
    [soren, "```\nbus 19   09:41\nbus 240  09:55\n```"],
    [alice, "Perfect 🎉 See you all at ten"],
  ];
  for (const [person, text] of talk) await person.send(park, text);
  await alice.call("PUT", `/groups/${kitchen.id}/read`, { read: { seq: 1 } });
  return { alice, bob, noor, park };
}

test("the doors, with and without complaints", async () => {
  const window = await Window.open(browser, parlour.api);
  await window.page.getByRole("form", { name: "Sign in" }).waitFor();
  await window.isAccessible("welcome");
  await window.page.getByRole("button", { name: "Sign up" }).click();
  await window.page.getByText("Name can't be blank").waitFor();
  await window.isAccessible("welcome-refused");
  await window.close();
  const narrow = await Window.open(browser, parlour.api, NARROWEST);
  await narrow.page.getByRole("form", { name: "Sign in" }).waitFor();
  await fits(narrow);
  await narrow.isAccessible("welcome-narrow");
  await narrow.close();
});

test("the chat and everything that opens in it", async () => {
  const { alice, bob, park } = await town();
  const window = await Window.of(browser, alice);
  await window.isAccessible("groups");
  await window.openGroup("Stanley Park");
  await window.hears("Perfect 🎉 See you all at ten");
  await fits(window);
  await window.isAccessible("chat");

  await window.page.keyboard.press("Control+k");
  await window.isAccessible("switcher");
  await window.page.keyboard.press("Escape");
  await window.page.getByRole("button", { name: "New group" }).click();
  await window.isAccessible("new-group");
  await window.page.keyboard.press("Escape");
  await window.page.getByRole("button", { name: "4 members" }).click();
  await window.page.getByText("Søren Kierkegaard").last().waitFor();
  await window.isAccessible("members");
  await window.page.keyboard.press("Escape");
  await window.page.getByRole("button", { name: "More about this group" }).click();
  await window.isAccessible("group-menu");
  await window.page.getByRole("button", { name: "Delete the group" }).click();
  await window.isAccessible("delete");
  await window.page.keyboard.press("Escape");
  await window.openGroup("مجموعة الأصدقاء");
  await window.isAccessible("right-to-left");

  await window.page.route("**/messages", (route) => route.abort());
  await window.write("This one does not get through");
  await window.page.getByText("Not sent").waitFor();
  await window.page.context().setOffline(true);
  await window.page.getByText("No connection to the server").waitFor();
  await window.isAccessible("offline");
  await window.close();

  const away = await Window.of(browser, bob);
  await away.openGroup("Kitchen");
  await alice.send(park, "One more thing");
  await away.group("Stanley Park").getByText("unread").waitFor();
  await away.isAccessible("unread");
  await away.close();
});

test("nothing moves for who wants less motion", async () => {
  const { alice } = await town();
  const window = await Window.of(browser, alice);
  await window.openGroup("Stanley Park");
  const moving = () =>
    window.page.evaluate(() =>
      [...document.querySelectorAll("*")]
        .filter((element) => {
          const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(element);
          return /[1-9]/.test(transitionDuration) || animationName !== "none" || scrollBehavior === "smooth";
        })
        .map(({ outerHTML }) => outerHTML),
    );
  await window.page.emulateMedia({ reducedMotion: "no-preference" });
  assert.notDeepEqual(await moving(), [], "elsewhere colours fade");
  await window.page.emulateMedia({ reducedMotion: "reduce" });
  assert.deepEqual(await moving(), []);
  await window.close();
});

test("a phone shows the list or the group, and nothing is cut off", async () => {
  const { alice } = await town();
  for (const [name, options] of Object.entries({ phone: PHONE, narrowest: NARROWEST })) {
    const window = await Window.of(browser, alice, options);
    await fits(window);
    await window.isAccessible(`${name}-groups`);
    await window.openGroup("Stanley Park");
    assert.equal(await window.page.getByRole("navigation").isVisible(), false);
    await window.hears("Perfect 🎉 See you all at ten");
    await fits(window);
    await window.isAccessible(`${name}-chat`);
    await window.page.getByRole("button", { name: "4 members" }).click();
    await window.page.getByText("Søren Kierkegaard").last().waitFor();
    await fits(window);
    await window.shoot(`${name}-members`);
    await window.page.getByRole("button", { name: "Close" }).click();
    await window.page.getByRole("button", { name: "All groups" }).click();
    await window.page.getByRole("navigation").waitFor();
    await window.close();
  }
});

test("a message of 10,000 characters, and one word as long, stay within the page", async () => {
  const alice = await Person.signUp(parlour.api, "Alice");
  const group = await alice.group("Long ".repeat(20));
  const window = await Window.of(browser, alice);
  await window.page.locator(".groups button").click();
  await window.write("word ".repeat(2000));
  await window.write("w".repeat(10_000));
  await until(async () => (await alice.log(group)).length === 2);
  assert.deepEqual((await alice.log(group)).map(({ message }) => message.length), [10_000, 10_000]);
  await fits(window);
  await window.shoot("long");

  await window.box.fill("x".repeat(10_001));
  await window.page.getByText("1 too many").waitFor();
  await window.box.press("Enter");
  assert.equal((await window.box.inputValue()).length, 10_001, "it is not sent, and not cut");
  await window.box.fill("👩".repeat(10_000));
  await window.page.getByText("0 left").waitFor();
  await window.box.press("Enter");
  await until(async () => (await alice.log(group)).length === 3);
  await window.close();
});

test("500 groups are listed, found and switched between", async () => {
  const alice = await Person.signUp(parlour.api, "Alice");
  for (let at = 0; at < 500; at += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, number) => alice.group(`Group ${at + number}`)));
  }
  const window = await Window.of(browser, alice);
  await until(async () => (await window.page.locator(".groups button").count()) === 500);
  await window.isAccessible("many-groups");
  await window.page.keyboard.press("Control+k");
  const start = Date.now();
  await window.page.keyboard.type("Group 250");
  await window.page.keyboard.press("Enter");
  await window.page.getByRole("heading", { name: "Group 250", level: 2 }).waitFor();
  console.log(`# one of 500 groups was found and opened in ${Date.now() - start} ms`);
  await window.write("first");
  await until(async () => (await window.page.locator(".groups .name").first().innerText()) === "Group 250");
  // The whole list is one stop of the Tab key.
  assert.equal(await window.page.locator('.groups button[tabindex="0"]').count(), 1);
  await window.close();
});

test("what is new is said once, and many at once are said as their number", async () => {
  const alice = await Person.signUp(parlour.api, "Alice");
  const bob = await Person.signUp(parlour.api, "Bob");
  const group = await alice.group("Busy", [bob]);
  const window = await Window.open(browser, parlour.api);
  const messages = await window.messages();
  await window.page.reload();
  await window.signIn(alice);
  await window.openGroup("Busy");
  await window.isLive(1);
  const said = await window.listen();
  assert.equal(await window.log.getAttribute("aria-live"), "off", "what scrolling brings is not said");
  await bob.send(group, "a single one");
  await until(async () => said.length > 0);
  assert.deepEqual(said, ["Bob: a single one"]);
  messages.hold();
  await bob.sendMany(group, Array.from({ length: 40 }, (_, number) => `flood ${number}`));
  await until(async () => messages.held() === 40);
  const began = Date.now();
  messages.release();
  await until(async () => said.length > 1);
  assert.match(said[1], /^\d+ new messages$/);
  // As they come at once they are one, unless the page is very slow to take them.
  const seconds = (Date.now() - began) / 1_000;
  assert.ok(said.length <= 2 + seconds / 1.5, said.join("; "));
  await window.close();
});

/** The log has most of the page, nothing is wider than it, and no control is smaller than 24 by 24 pixels. */
async function fits(window) {
  const wrong = await window.page.evaluate(() => {
    const log = document.querySelector(".log");
    const low = log && log.clientHeight < innerHeight / 2 ? [`the log is ${log.clientHeight} pixels high`] : [];
    const wide = document.documentElement.scrollWidth > innerWidth ? ["the page scrolls sideways"] : [];
    const small = [...document.querySelectorAll("button, input, select, textarea")].filter((control) => {
      const { width, height } = control.getBoundingClientRect();
      return control.checkVisibility() && width > 0 && (width < 24 || height < 24);
    });
    return [...low, ...wide, ...small.map((control) => control.outerHTML)];
  });
  assert.deepEqual(wrong, []);
}
