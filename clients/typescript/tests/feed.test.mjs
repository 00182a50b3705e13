// What real time brings: each message once and in order, whatever dies in the middle of it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Ears, freeAddress, person, Server, upTo, Wire } from "./support.mjs";

/** A server whose real time is at the end of a wire. */
async function wired(t) {
  const wire = await Wire.start();
  const REALTIME_LISTEN = await freeAddress();
  wire.to(`http://${REALTIME_LISTEN}`);
  const server = await Server.start({ REALTIME_LISTEN, REALTIME_URL: wire.url });
  t.after(async () => {
    wire.end();
    await server.end();
  });
  return { server, wire };
}

/** Sends so many in turns, some at once. */
async function say(sender, group, count, atOnce = 16) {
  for (let sent = 0; sent < count; sent += atOnce) {
    const now = Math.min(atOnce, count - sent);
    await Promise.all(upTo(now).map((number) => sender.send(group, `message ${sent + number}`)));
  }
}

async function conversation(server) {
  const [alice, bob] = [await person(server.api), await person(server.api)];
  const group = (await alice.createGroup({ name: "A group" })).id;
  await alice.addMember(group, { user_id: bob.session.id });
  return { alice, bob, group };
}

test("a server that is killed in mid-conversation loses and doubles nothing", async (t) => {
  const server = await Server.start();
  t.after(() => server.end());
  const { alice, bob, group } = await conversation(server);
  const ears = [new Ears(), new Ears()];
  const feeds = [await alice.listen(ears[0]), await bob.listen(ears[1])];
  t.after(() => feeds.map((feed) => feed.close()));

  const said = (async () => {
    for (const number of upTo(150)) await alice.send(group, `message ${number}`);
  })();
  for (const kill of [30, 80]) {
    await ears[1].until(`message ${kill}`, () => ears[1].messages.length >= kill);
    await server.kill();
    await server.again();
  }
  await said;
  for (const heard of ears) {
    await heard.until("the last", () => heard.messages.length >= 150);
    assert.deepEqual(heard.seqs(group), upTo(150));
    assert.equal(new Set(heard.messages.map(({ id }) => id)).size, 150);
    assert.deepEqual(
      heard.messages.map(({ message }) => message),
      upTo(150).map((number) => `message ${number}`),
    );
    assert.deepEqual(heard.gaps, []);
    assert.ok(heard.states.filter((state) => state === "live").length >= 3, "it came back after each kill");
  }
});

test("when real time alone is away, sending goes on, and it brings what was missed", async (t) => {
  const { server, wire } = await wired(t);
  const { alice, bob, group } = await conversation(server);
  const ears = new Ears();
  const feed = await bob.listen(ears);
  t.after(() => feed.close());
  await say(alice, group, 5);
  await ears.until("the first", () => ears.messages.length === 5);
  for (const round of [1, 2]) {
    wire.cut();
    await ears.until("the loss", () => feed.state === "connecting");
    await say(alice, group, 40);
    assert.equal(ears.messages.length, 5 + (round - 1) * 40);
    wire.mend();
    await ears.until("what was missed", () => ears.messages.length === 5 + round * 40);
  }
  assert.deepEqual(ears.seqs(group), upTo(85));
});

test("more than real time sends by itself is read, and not told as a gap", async (t) => {
  const { server, wire } = await wired(t);
  const { alice, bob, group } = await conversation(server);
  const [patient, hasty] = [new Ears(), new Ears()];
  const feeds = [await bob.listen(patient), await bob.listen(hasty, { catchUp: 200 })];
  t.after(() => feeds.map((feed) => feed.close()));
  await patient.until("real time", () => patient.states.includes("live"));
  await hasty.until("real time", () => hasty.states.includes("live"));

  wire.cut();
  await patient.until("the loss", () => feeds[0].state === "connecting");
  await say(alice, group, 1_050);
  wire.mend();
  // What is sent while the log is read comes in its turn.
  await patient.until("the first that was missed", () => patient.messages.length > 0);
  await say(alice, group, 10);
  await patient.until("all", () => patient.messages.length >= 1_060);
  assert.deepEqual(patient.seqs(group), upTo(1_060));
  assert.deepEqual(patient.gaps, []);

  await hasty.until("the last", () => feeds[1].have[group] === 1_060);
  const [gap, ...others] = hasty.gaps;
  assert.deepEqual(others, []);
  assert.equal(gap.group_id, group);
  assert.equal(gap.after, 0);
  assert.ok(gap.last_seq >= 1_050);
  assert.deepEqual(hasty.seqs(group), upTo(1_060, gap.last_seq + 1), "told and left out add up");
});

test("a feed goes on where an earlier one was", async (t) => {
  const { server } = await wired(t);
  const { alice, bob, group } = await conversation(server);
  await say(alice, group, 3);
  const first = new Ears();
  const feed = await bob.listen(first);
  await say(alice, group, 3);
  await first.until("three", () => first.messages.length === 3);
  assert.deepEqual(first.seqs(group), [4, 5, 6], "it begins with what is sent from now on");
  const kept = JSON.parse(JSON.stringify(feed.have));
  feed.close();

  await say(alice, group, 3);
  const joined = await alice.createGroup({ name: "Joined while away" });
  await alice.send(joined.id, "before Bob");
  await alice.addMember(joined.id, { user_id: bob.session.id });
  await alice.send(joined.id, "for Bob");
  const second = new Ears();
  const later = await bob.listen(second, { have: kept });
  t.after(() => later.close());
  await second.until("four", () => second.messages.length === 4);
  assert.deepEqual(second.seqs(group), [7, 8, 9]);
  assert.deepEqual(second.seqs(joined.id), [2], "from where they joined");
});

test("groups that are made and joined while it listens begin with their first message", async (t) => {
  const { server, wire } = await wired(t);
  const { alice, bob } = await conversation(server);
  const [hers, his] = [new Ears(), new Ears()];
  const feeds = [await alice.listen(hers), await bob.listen(his)];
  t.after(() => feeds.map((feed) => feed.close()));
  await his.until("real time", () => his.states.includes("live"));
  await hers.until("real time", () => hers.states.includes("live"));

  const made = await alice.createGroup({ name: "Made now" });
  await alice.send(made.id, "first");
  await alice.addMember(made.id, { user_id: bob.session.id });
  await say(alice, made.id, 20, 1);
  await hers.until("the last", () => hers.seqs(made.id).at(-1) === 21);
  assert.deepEqual(hers.seqs(made.id), upTo(21));
  await his.until("the last", () => his.seqs(made.id).at(-1) === 21);
  assert.deepEqual(his.seqs(made.id), upTo(21, 2));

  // One that is joined while real time is away begins with what was not read.
  wire.cut();
  await his.until("the loss", () => feeds[1].state === "connecting");
  const missed = await alice.createGroup({ name: "Made meanwhile" });
  await alice.addMember(missed.id, { user_id: bob.session.id });
  await say(alice, missed.id, 3, 1);
  wire.mend();
  await his.until("what was missed", () => his.seqs(missed.id).at(-1) === 3);
  assert.deepEqual(his.seqs(missed.id), [1, 2, 3]);
});

test("who leaves hears no more, and who comes back hears what comes then", async (t) => {
  const { server } = await wired(t);
  const { alice, bob, group } = await conversation(server);
  const ears = new Ears();
  const feed = await bob.listen(ears);
  t.after(() => feed.close());
  await ears.until("real time", () => ears.states.includes("live"));
  await alice.send(group, "one");
  await ears.until("one", () => ears.messages.length === 1);
  const bobs = { path: { id: group, user_id: bob.session.id } };
  await alice.api.delete("/api/v1/groups/{id}/members/{user_id}", bobs);
  await ears.until("his leaving", () => ears.members.some(({ change }) => change === "left"));
  assert.equal(feed.have[group], undefined);
  await alice.send(group, "two");
  await alice.addMember(group, { user_id: bob.session.id });
  await ears.until("his return", () => ears.members.some(({ change }) => change === "joined"));
  await alice.send(group, "three");
  await ears.until("three", () => ears.messages.length === 2);
  assert.deepEqual(ears.seqs(group), [1, 3]);
});

test("a sign-out ends the feed, with the reason", async (t) => {
  const { server } = await wired(t);
  const { bob } = await conversation(server);
  const ears = new Ears();
  const feed = await bob.listen(ears);
  await ears.until("real time", () => ears.states.includes("live"));
  await bob.api.delete("/api/v1/users/sign_out");
  await ears.until("the end", () => feed.state === "ended");
  assert.equal(feed.problem.code, 40104);
  await assert.rejects(bob.listen(new Ears()), { code: 40104 });
});

test("what a listener throws keeps nothing from it", async (t) => {
  const { server } = await wired(t);
  const thrower = spawn(
    process.execPath,
    [fileURLToPath(new URL("thrower.mjs", import.meta.url)), server.api],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  t.after(() => thrower.kill());
  const said = [];
  for await (const line of createInterface({ input: thrower.stdout })) said.push(line);
  assert.deepEqual(said, ["heard 1", "heard 2", "thrown: one's own affair"]);
});
