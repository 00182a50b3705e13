// Coming in and going out.

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

test("what is wrong is told beside the field, and led to", async () => {
  const taken = await Person.signUp(parlour.api, "Alice");
  const window = await Window.open(browser, parlour.api);
  const form = window.page.getByRole("form", { name: "Create an account" });
  const field = (label) => form.getByLabel(label);
  await field("Name").fill("  ");
  await field("Email").fill(taken.email);
  await field("Password").fill("short");
  await form.getByRole("button", { name: "Sign up" }).click();

  await form.getByText("Name can't be blank").waitFor();
  await form.getByText("Password is too short").waitFor();
  for (const label of ["Name", "Password"]) {
    assert.equal(await field(label).getAttribute("aria-invalid"), "true");
    const more = await field(label).getAttribute("aria-describedby");
    assert.match(await window.page.locator(`[id="${more}"]`).innerText(), new RegExp(`^${label} `));
  }
  assert.ok(await field("Name").evaluate((input) => input === document.activeElement), "the first has the focus");

  await field("Name").fill("Another");
  await field("Password").fill("stanley-park-1");
  await form.getByRole("button", { name: "Sign up" }).click();
  await form.getByText("Email is taken already").waitFor();
  await window.close();
});

test("a wrong password is told in the page, and the browser asks nothing itself", async () => {
  const alice = await Person.signUp(parlour.api, "Alice");
  const window = await Window.open(browser, parlour.api);
  const form = window.page.getByRole("form", { name: "Sign in" });
  await form.getByLabel("Email").fill(alice.email);
  await form.getByLabel("Password").fill("not the password");
  const answered = window.page.waitForResponse((answer) => answer.status() === 401);
  await form.getByRole("button", { name: "Sign in" }).click();
  assert.match((await answered).headers()["www-authenticate"], /Basic/, "a browser with credentials would ask");
  await form.getByRole("alert").filter({ hasText: /\w/ }).waitFor();
  assert.equal(await form.getByLabel("Email").inputValue(), alice.email, "what was typed stays");
  await window.close();
});

test("who is signed out elsewhere is back at the sign-in, and told why", async () => {
  const alice = await Person.signUp(parlour.api, "Alice");
  const window = await Window.of(browser, alice);
  const token = await window.page.evaluate(() => JSON.parse(sessionStorage.getItem("parlour.sessions")).people[0].token);
  const headers = { authorization: `Bearer ${token}` };
  await fetch(`${parlour.api}/api/v1/users/sign_out`, { method: "DELETE", headers });
  await window.page.getByText(/You have been signed out/).waitFor();
  await window.page.getByRole("form", { name: "Sign in" }).waitFor();
  assert.deepEqual(await window.context.cookies(), [], "there is no cookie");
  assert.equal(await window.page.evaluate(() => sessionStorage.getItem("parlour.sessions")), null);
  await window.close();
});

test("from signing up to sending by keyboard alone", async () => {
  const window = await Window.open(browser, parlour.api);
  const { keyboard } = window.page;
  await window.page.getByRole("form", { name: "Create an account" }).waitFor();
  /** Goes on with Tab until something of this name has the focus, which has to be seen. */
  const tabTo = async (name) => {
    for (let steps = 0; steps < 30; steps += 1) {
      await keyboard.press("Tab");
      const focused = await window.page.evaluate(() => {
        const { activeElement: element } = document;
        const label = element.labels?.[0]?.innerText ?? element.getAttribute("aria-label") ?? element.innerText;
        const form = element.closest("form")?.getAttribute("aria-label") ?? "";
        return { name: `${form} ${label}`, outline: getComputedStyle(element).outlineStyle };
      });
      assert.notEqual(focused.outline, "none", `the focus on ${focused.name} can be seen`);
      if (focused.name.includes(name)) return;
    }
    assert.fail(`Tab does not lead to ${name}`);
  };
  await tabTo("Create an account Name");
  await keyboard.type("Kay");
  await tabTo("Email");
  await keyboard.type("kay@example.com");
  await tabTo("Password");
  await keyboard.type("stanley-park-1");
  await keyboard.press("Enter");
  await window.page.getByRole("navigation", { name: "Groups of Kay" }).waitFor();

  await tabTo("New group");
  await keyboard.press("Enter");
  await keyboard.type("By keys");
  await keyboard.press("Enter");
  await window.box.waitFor();
  await window.page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
  await keyboard.type("first line");
  await keyboard.press("Shift+Enter");
  await keyboard.type("second line");
  await keyboard.press("Enter");
  await until(async () => (await window.texts()).includes("first line\nsecond line"));

  await keyboard.press("Control+k");
  await keyboard.type("no such group");
  await window.page.getByText("No group has this name.").waitFor();
  await keyboard.press("Escape");
  await window.page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
  await window.close();
});

test("Alt and the arrows lead from group to group, Ctrl K by name", async () => {
  const alice = await Person.signUp(parlour.api, "Alice");
  for (const name of ["One", "Two", "Three"]) await alice.group(name);
  const window = await Window.of(browser, alice);
  const { keyboard } = window.page;
  const opened = (name) => window.page.getByRole("heading", { name, level: 2, exact: true }).waitFor();
  await keyboard.press("Alt+ArrowDown");
  await opened("Three");
  await keyboard.press("Alt+ArrowDown");
  await opened("Two");
  await keyboard.press("Alt+ArrowUp");
  await opened("Three");
  await keyboard.press("Control+k");
  await keyboard.type("on");
  await keyboard.press("Enter");
  await opened("One");
  await window.page.goBack();
  await opened("Three");
  await window.close();
});
