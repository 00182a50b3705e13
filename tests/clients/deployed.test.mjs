// What a deployed server promises, asked of it from outside, as any client could:
//
//   API=https://staging.example.com node --test tests/clients/deployed.test.mjs
//
// Two people come, talk, lose their connection, and are erased again. Sign-up has to be open there.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { io } from "socket.io-client";

const server = process.env.API ?? "http://127.0.0.1:8080";
const PATIENCE = 20_000;
const password = randomUUID();

async function call(method, path, { token, body } = {}) {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const signal = AbortSignal.timeout(PATIENCE);
  const answer = await fetch(`${server}${path}`, { method, headers, signal, body: body && JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text && JSON.parse(text) };
}

async function ok(method, path, options) {
  const answer = await call(method, path, options);
  assert.ok(answer.status < 300, `${method} ${path} answers ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

function signUp(name) {
  const email = `deployed-${randomUUID()}@example.com`;
  return ok("POST", "/api/v1/users", { body: { user: { name, email, password } } });
}

// A socket, and what it heard: `hears` waits until that is so many messages.
function listen(url, token, have) {
  const heard = [];
  const waiting = [];
  const socket = io(url, { auth: { token, have }, forceNew: true });
  socket.on("message", (message) => {
    heard.push(message);
    for (const look of waiting) look();
  });
  const hears = (count) =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`heard ${heard.length} of ${count}`)), PATIENCE);
      const look = () => {
        if (heard.length < count) return;
        clearTimeout(late);
        resolve(heard);
      };
      waiting.push(look);
      look();
    });
  const connected = new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
  return { socket, hears, connected };
}

const seqs = (messages) => messages.map(({ seq }) => seq);
const upTo = (first, last) => Array.from({ length: last - first + 1 }, (_, n) => first + n);

let alice, bob, group, realtime;

before(async () => {
  ({ realtime_url: realtime } = await ok("GET", "/config.json"));
  [alice, bob] = [await signUp("Alice"), await signUp("Bob")];
  group = randomUUID();
  const made = { group: { id: group, name: "Deployed", description: "" } };
  await ok("POST", "/api/v1/groups", { token: alice.token, body: made });
  await ok("POST", `/api/v1/groups/${group}/members`, { token: alice.token, body: { member: { user_id: bob.id } } });
});

after(async () => {
  for (const user of [alice, bob].filter(Boolean)) {
    await ok("DELETE", "/api/v1/users/me", { token: user.token, body: { user: { current_password: password } } });
  }
});

const send = (user, message, id = randomUUID()) =>
  call("POST", `/api/v1/groups/${group}/messages`, { token: user.token, body: { message: { id, message } } });

test("is ready, with all that it needs", async () => {
  const { status, dependencies } = await ok("GET", "/readyz");
  assert.equal(status, "ok");
  for (const [name, { state }] of Object.entries(dependencies)) assert.equal(state, "up", name);
});

test("delivers once and in order, over a lost connection and a repeated request", async () => {
  const first = listen(realtime, bob.token);
  await first.connected;
  const id = randomUUID();
  assert.equal((await send(alice, "Hello, Bob", id)).status, 201);
  const again = await send(alice, "Hello, Bob", id);
  assert.equal(again.status, 200);
  assert.equal(again.headers.get("idempotent-replayed"), "true");
  const answer = await first.socket.timeout(PATIENCE).emitWithAck("send", { group_id: group, message: "Hello, Alice" });
  assert.equal(answer.message.seq, 2);
  assert.deepEqual(seqs(await first.hears(2)), [1, 2]);
  first.socket.disconnect();

  for (const turn of upTo(3, 22)) assert.equal((await send(alice, `while away: ${turn}`)).status, 201);
  const second = listen(realtime, bob.token, { [group]: 2 });
  await second.connected;
  assert.deepEqual(seqs(await second.hears(20)), upTo(3, 22));
  assert.equal((await send(alice, "and live")).status, 201);
  assert.equal((await second.hears(21)).at(-1).seq, 23);
  second.socket.disconnect();

  const log = await ok("GET", `/api/v1/groups/${group}/messages?after=0&limit=100`, { token: bob.token });
  assert.deepEqual(seqs(log.messages), upTo(1, 23));
});

test("shows a group to its members alone", async () => {
  const stranger = await signUp("Carol");
  const asked = await call("GET", `/api/v1/groups/${group}`, { token: stranger.token });
  assert.equal(asked.status, 404);
  assert.equal(asked.body.code, 40401);
  await ok("DELETE", "/api/v1/users/me", { token: stranger.token, body: { user: { current_password: password } } });
  // Within a second everywhere.
  const until = Date.now() + PATIENCE;
  while ((await call("GET", "/api/v1/users/me", { token: stranger.token })).status !== 401) {
    assert.ok(Date.now() < until, "the token of an ended account is refused");
  }
});
