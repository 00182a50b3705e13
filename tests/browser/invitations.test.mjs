// Coming into a group by a link.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
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

/** Makes a link in the page of the open group's owner. */
async function link(window, uses = "10 people") {
  await window.page.getByRole("button", { name: "Invite" }).click();
  const dialog = window.page.getByRole("dialog");
  await dialog.getByLabel("Lets in").selectOption({ label: uses });
  await dialog.getByRole("button", { name: "Make a link" }).click();
  const shown = dialog.getByLabel(/^The link/);
  await shown.waitFor();
  return shown.inputValue();
}

test("a third person comes in by a link, signing up on the way, and all three chat", async () => {
  const [alice, bob] = [await Person.signUp(parlour.api, "Alice"), await Person.signUp(parlour.api, "Bob")];
  const group = await alice.group("Stanley Park", [bob]);
  await alice.send(group, "we were here before");
  const [one, other] = [await Window.of(browser, alice), await Window.of(browser, bob)];
  for (const window of [one, other]) await window.openGroup("Stanley Park");
  const invitation = await link(one);
  assert.match(invitation, new RegExp(`^${parlour.api}/#/join/[\\w-]{43}$`));
  await one.isAccessible("invite");
  await one.page.keyboard.press("Escape");

  const third = await Window.open(browser, parlour.api);
  const asked = [];
  third.page.on("request", (request) => asked.push(request.url()));
  await third.page.goto(invitation);
  await third.page.getByText("You are invited to a group").waitFor();
  await third.isAccessible("invited");
  const form = third.page.getByRole("form", { name: "Create an account" });
  await form.getByLabel("Name").fill("Carol");
  await form.getByLabel("Email").fill(`${randomUUID()}@example.com`);
  await form.getByLabel("Password").fill("stanley-park-1");
  await form.getByRole("button", { name: "Sign up" }).click();
  const dialog = third.page.getByRole("dialog", { name: "You are invited" });
  await dialog.waitFor();
  await third.isAccessible("join");
  const code = invitation.split("/").at(-1);
  assert.ok(!asked.some((url) => url.includes(code)), "nobody is told the code before somebody joins");
  await dialog.getByRole("button", { name: "Join the group" }).click();

  await third.hears("we were here before");
  await third.write("hello from Carol");
  for (const window of [one, other]) await window.hears("hello from Carol");
  await other.write("welcome");
  await third.hears("welcome");
  await one.page.getByRole("button", { name: "3 members" }).waitFor();
  assert.equal(new URL(third.page.url()).hash, `#/g/${group.id}`);
  await third.page.goBack();
  assert.ok(!third.page.url().includes(code), "the code does not stay in the browser's history");
  for (const window of [one, other, third]) await window.close();
});

test("a link that is used up, revoked or made up says so, and leads on", async () => {
  const alice = await Person.signUp(parlour.api, "Alice");
  await alice.group("Kitchen");
  const one = await Window.of(browser, alice);
  await one.openGroup("Kitchen");
  const spent = await link(one, "1 person");
  await one.page.keyboard.press("Escape");
  const revoked = await link(one);
  await one.page.getByRole("dialog").getByRole("button", { name: /^Revoke/ }).first().click();
  await one.page.getByRole("dialog").getByLabel(/^The link/).waitFor({ state: "detached" });
  await until(async () => (await one.page.getByRole("dialog").getByRole("button", { name: /^Revoke/ }).count()) === 1);

  const bob = await Window.of(browser, await Person.signUp(parlour.api, "Bob"));
  await bob.page.goto(spent);
  await bob.page.getByRole("button", { name: "Join the group" }).click();
  await bob.page.getByRole("heading", { name: "Kitchen", level: 2 }).waitFor();

  const carol = await Window.of(browser, await Person.signUp(parlour.api, "Carol"));
  for (const bad of [spent, revoked, `${parlour.api}/#/join/nonsense`]) {
    await carol.page.goto(bad);
    await carol.page.getByRole("button", { name: "Join the group" }).click();
    await carol.page.getByText("This invitation is not good").waitFor();
    await carol.page.getByRole("button", { name: "Cancel" }).click();
    await carol.page.getByRole("dialog").waitFor({ state: "detached" });
  }
  assert.equal(await carol.page.locator(".groups button").count(), 0);
  for (const window of [one, bob, carol]) await window.close();
});

test("a link that is followed puts nobody anywhere until they say so", async () => {
  const alice = await Person.signUp(parlour.api, "Alice");
  const group = await alice.group("Quiet");
  const { invitation } = await alice.call("POST", `/groups/${group.id}/invitations`, { invitation: {} });
  const bob = await Person.signUp(parlour.api, "Bob");
  const window = await Window.of(browser, bob);
  await window.page.goto(`${parlour.api}/#/join/${invitation.code}`);
  await window.page.getByRole("dialog", { name: "You are invited" }).waitFor();
  await window.page.keyboard.press("Escape");
  await window.page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal((await alice.call("GET", `/groups/${group.id}`)).member_count, 1);
  await window.close();
});
