// Calls over HTTP: what they answer, what goes wrong, and what is made again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Api, newId, Parlour, Problem } from "../dist/index.js";
import { all, person, Server, upTo, Wire } from "./support.mjs";

let server;
let wire;

before(async () => {
  server = await Server.start({ GUESTS_PER_NETWORK: "1000000" });
  wire = (await Wire.start()).to(server.api);
});
after(async () => {
  wire.end();
  await server.end();
});

async function problem(call) {
  const error = await call.then(
    () => null,
    (error) => error,
  );
  assert.ok(error instanceof Problem, String(error));
  return error;
}

test("a refusal has the contract's code, title, message and fields", async () => {
  const refused = await problem(
    Parlour.signUp(server.api, { name: " ", email: "nobody", password: "short" }),
  );
  assert.equal(refused.status, 422);
  assert.equal(refused.code, 42201);
  assert.equal(refused.title, "Invalid parameters");
  assert.ok(refused.message && refused.requestId);
  assert.deepEqual(Object.fromEntries(refused.rules), {
    name: "blank",
    email: "format",
    password: "too_short",
  });
  assert.equal(refused.passing, false);
});

test("whoever is signed out hears it once for each call", async () => {
  const heard = [];
  const alice = await person(server.api, { signedOut: ({ code }) => heard.push(code) });
  assert.equal((await alice.api.get("/api/v1/users/me")).id, alice.session.id);
  await alice.signOut();
  assert.equal((await problem(alice.api.get("/api/v1/users/me"))).code, 40104);
  assert.deepEqual(heard, [40104]);
});

test("nobody there is a problem that passes, and is not an answer", async () => {
  const gone = await Wire.start();
  gone.to(server.api).cut();
  const refused = await problem(new Api({ url: gone.url }).get("/livez"));
  gone.end();
  assert.deepEqual([refused.status, refused.code, refused.passing, refused.unreachable], [0, 0, true, true]);
});

test("a token can be kept and used by another client", async () => {
  const alice = await person(server.api);
  const again = new Parlour(server.api, JSON.parse(JSON.stringify(alice.session)));
  assert.equal((await again.api.get("/api/v1/users/me")).name, alice.session.name);
});

test("answers that are lost make nothing twice", async () => {
  const alice = new Parlour(wire.url, (await person(server.api)).session);
  wire.loseAnswers(1);
  const group = await alice.createGroup({ name: "Once" });
  wire.loseAnswers(2);
  const first = await alice.send(group.id, "Hello");
  const second = await alice.send(group.id, "Hello");
  assert.equal(wire.lost, 3);
  assert.deepEqual([first.seq, second.seq], [1, 2]);
  assert.deepEqual(
    (await all(alice.groups())).map(({ id }) => id),
    [group.id],
  );
  assert.deepEqual(
    (await all(alice.since(group.id, 0))).map(({ id }) => id),
    [first.id, second.id],
  );
});

test("an id that is kept sends once, whoever asks again and when", async () => {
  const alice = await person(server.api);
  const group = await alice.createGroup({ name: "Kept" });
  const id = newId();
  const sent = await Promise.all(upTo(5).map(() => alice.send(group.id, "Hello", { id })));
  assert.deepEqual(new Set(sent.map(({ seq }) => seq)), new Set([1]));
  assert.equal((await problem(alice.send(group.id, "Something else", { id }))).code, 40902);
});

test("what is refused for good is not tried again", async () => {
  const [alice, bob] = [await person(server.api), await person(server.api)];
  const group = await alice.createGroup({ name: "Alice's" });
  const began = Date.now();
  assert.equal((await problem(bob.send(group.id, "Hello"))).code, 40401);
  assert.ok(Date.now() - began < 400, "one attempt, without a pause");
});

test("lists go on over their pages", async () => {
  const alice = await person(server.api);
  const group = await alice.createGroup({ name: "Long" });
  for (const number of upTo(230)) await alice.send(group.id, `message ${number}`);
  const seqs = async (messages) => (await all(messages)).map(({ seq }) => seq);
  assert.deepEqual(await seqs(alice.since(group.id, 0)), upTo(230));
  assert.deepEqual(await seqs(alice.since(group.id, 229)), [230]);
  assert.deepEqual(await seqs(alice.since(group.id, 230)), []);
  assert.deepEqual(await seqs(alice.history(group.id)), upTo(230).reverse());
  assert.deepEqual(await seqs(alice.history(group.id, 3)), [2, 1]);

  const others = await Promise.all(upTo(104).map(() => Parlour.guest(server.api)));
  for (const { session } of others) await alice.addMember(group.id, { user_id: session.id });
  const members = (await all(alice.members(group.id))).map(({ user_id }) => user_id);
  assert.deepEqual(members, [alice.session.id, ...others.map(({ session }) => session.id)]);
});
