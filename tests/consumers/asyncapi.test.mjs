// docs/asyncapi.json against what the server really sends: each packet that an official client decodes is valid, and
// each message of the document is seen.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { Parser, fromFile } from "@asyncapi/parser";
import Ajv from "ajv";
import formats from "ajv-formats";
import { io } from "socket.io-client";
import { Parlour } from "../browser/server.mjs";

const DOCUMENT = fileURLToPath(new URL("../../docs/asyncapi.json", import.meta.url));
/** How long what must come may take, in milliseconds. */
const PATIENCE = 60_000;
/** The packets of Socket.IO 5 that a server sends. */
const [CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR] = [0, 1, 2, 3, 4];

/** The document, which has to be a valid one, and which of its messages were seen. */
class Document {
  #ajv = new Ajv({ strict: false, allErrors: true });
  #operations;
  #all;
  seen = new Set();
  wrong = [];

  static async read() {
    const { document, diagnostics } = await fromFile(new Parser(), DOCUMENT).parse();
    // 0 is an error, 1 a warning: a document without either.
    const severe = diagnostics.filter(({ severity }) => severity <= 1);
    assert.deepEqual(severe.map(({ path, message }) => `${path.join(".")}: ${message}`), []);
    return new Document(document);
  }

  constructor(document) {
    formats(this.#ajv);
    this.#operations = document.operations().all();
    this.#all = document.components().messages().all();
    for (const message of this.#all) this.#ajv.addSchema(closed(message.payload().json()), message.id());
  }

  /** What was sent by the server, as an event or as a step of connecting. */
  told(name, payload) {
    const tells = this.#operations.filter((operation) => operation.isSend());
    this.#check(name, payload, tells.flatMap((operation) => operation.messages().all()));
  }

  /** What was asked, where it is in order, and what was answered. */
  answered(name, asked, answer) {
    const operation = this.#asking(name);
    const answers = operation?.reply()?.messages().all() ?? this.#all.filter((message) => message.id() === "refused");
    const matching = answers.filter((message) => this.#ajv.validate(message.id(), answer));
    if (matching.length !== 1) this.wrong.push(`${name} was answered by ${JSON.stringify(answer)}`);
    for (const message of matching) this.seen.add(message.id());
    const refused = answer.error !== undefined || answer.data !== undefined;
    if (!refused) this.#check(name, asked, operation?.messages().all() ?? []);
  }

  get missing() {
    return this.#all.map((message) => message.id()).filter((id) => !this.seen.has(id));
  }

  #asking(name) {
    const asks = this.#operations.filter((operation) => operation.isReceive());
    return asks.find((operation) => operation.messages().all().some((message) => message.name() === name));
  }

  #check(name, payload, messages) {
    const message = messages.find((message) => message.name() === name);
    if (!message) return this.wrong.push(`${name} is not documented`);
    this.seen.add(message.id());
    if (!this.#ajv.validate(message.id(), payload)) {
      this.wrong.push(`${name}: ${this.#ajv.errorsText()}: ${JSON.stringify(payload)}`);
    }
  }
}

/** The same schema, which allows nothing that it does not name. Clients are to ignore that; the document is not. */
function closed(schema) {
  if (Array.isArray(schema)) return schema.map(closed);
  if (schema === null || typeof schema !== "object") return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return copy.properties ? { additionalProperties: false, ...copy } : copy;
}

/** An official client, of which every packet is checked. */
class Client {
  #document;
  #events = [];
  #waiting = [];

  constructor(document, url, auth) {
    this.#document = document;
    this.socket = io(url, { auth, forceNew: true, reconnection: false, transports: ["websocket"] });
    this.socket.io.on("packet", ({ type, data }) => {
      if (type === EVENT) this.#note(...data);
      else if (type === CONNECT || type === CONNECT_ERROR) {
        document.answered("CONNECT", auth, data);
        this.#events.push({ name: type === CONNECT ? "connected" : "refused", payload: data });
      } else if (type !== ACK && type !== DISCONNECT) document.wrong.push(`a packet of type ${type}`);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  async ask(name, asked) {
    const answer = await this.socket.timeout(PATIENCE).emitWithAck(name, asked);
    this.#document.answered(name, asked, answer);
    return answer;
  }

  /** The payload of an event that came or comes, and is what is waited for. */
  async hears(name, is = () => true) {
    const found = () => this.#events.find((event) => event.name === name && is(event.payload));
    const timer = setTimeout(() => this.#note("nothing"), PATIENCE);
    while (!found()) {
      assert.ok(!this.#events.some((event) => event.name === "nothing"), `${name} did not come`);
      await new Promise((wake) => this.#waiting.push(wake));
    }
    clearTimeout(timer);
    return found().payload;
  }

  #note(name, payload) {
    if (name !== "nothing") this.#document.told(name, payload);
    this.#events.push({ name, payload });
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** Somebody over HTTP. */
class Person {
  static async signUp(api, name) {
    const person = new Person();
    person.api = `${api}/api/v1`;
    const user = { name, email: `${name}@example.com`, password: "stanley-park-1" };
    Object.assign(person, await person.call("POST", "/users", { user }));
    return person;
  }

  async call(method, path, body) {
    const headers = { "content-type": "application/json" };
    if (this.token) headers.authorization = `Bearer ${this.token}`;
    const answer = await fetch(this.api + path, { method, headers, body: body && JSON.stringify(body) });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    const text = await answer.text();
    return text ? JSON.parse(text) : null;
  }
}

test("the server sends what is documented, and all that is documented", async (t) => {
  const document = await Document.read();
  const server = await Parlour.start();
  t.after(() => server.end());
  const { realtime_url } = await (await fetch(`${server.api}/config.json`)).json();
  const [alice, bob] = [await Person.signUp(server.api, "alice"), await Person.signUp(server.api, "bob")];
  const group_id = (await alice.call("POST", "/groups", { group: { name: "A group" } })).id;
  const clients = [];
  t.after(() => clients.map(({ socket }) => socket.disconnect()));
  const connect = (auth) => clients[clients.push(new Client(document, realtime_url, auth)) - 1];

  await connect({ token: "not a token" }).hears("refused");
  const hers = connect({ token: alice.token });
  const his = connect({ token: bob.token, have: {} });
  await hers.hears("connected");
  await his.hears("connected");

  const members = `/groups/${group_id}/members`;
  await alice.call("POST", members, { member: { user_id: bob.id } });
  await his.hears("member", ({ change, user_id }) => change === "joined" && user_id === bob.id);
  await alice.call("PATCH", `${members}/${bob.id}`, { member: { role: "admin" } });
  await hers.hears("member", ({ change, role }) => change === "role" && role === "admin");

  await alice.call("PATCH", `/groups/${group_id}`, { group: { name: "The group" } });
  await his.hears("group", ({ name }) => name === "The group");

  await hers.ask("open", { group_id });
  await hers.hears("presence", ({ online, user_ids }) => online === 2 && user_ids.includes(bob.id));
  await his.ask("typing", { group_id });
  await hers.hears("typing", ({ user_id }) => user_id === bob.id);
  await hers.ask("close", { group_id });

  const id = crypto.randomUUID();
  assert.equal((await hers.ask("send", { group_id, message: "Hello, Bob", id })).replayed, false);
  assert.equal((await hers.ask("send", { group_id, message: "Hello, Bob", id })).replayed, true);
  assert.equal((await his.ask("send", { group_id, message: "Hello, Alice" })).message.seq, 2);
  await his.hears("message", ({ seq }) => seq === 2);
  const caught = await his.ask("catch_up", { group_id, after: 0, limit: 1 });
  assert.deepEqual(caught.messages.map(({ seq }) => seq), [1]);
  assert.equal((await hers.ask("read", { group_id, seq: 2 })).read_seq, 2);
  await alice.call("POST", `/groups/${group_id}/messages`, { message: { message: "By HTTP" } });
  await bob.call("PUT", `/groups/${group_id}/read`, { read: { seq: 3 } });
  await his.hears("read", ({ read_seq }) => read_seq === 3);

  for (const [event, payload, code] of [
    ["send", { group_id, message: " " }, 42201],
    ["send", { group_id: crypto.randomUUID(), message: "Hello" }, 40401],
    ["catch_up", { group_id, after: -1 }, 42205],
    ["read", { group_id, seq: 4 }, 42201],
    ["read", "everything", 42204],
    ["open", { group_id: crypto.randomUUID() }, 40401],
    ["dance", {}, 40400],
  ]) {
    assert.equal((await hers.ask(event, payload)).error?.code, code, event);
  }

  // A position that the log does not have; what is erased; who leaves; and a sign-out.
  const again = connect({ token: alice.token, have: { [group_id]: 99 } });
  assert.equal((await again.hears("resync")).last_seq, 3);
  await bob.call("DELETE", "/users/me", { user: { current_password: "stanley-park-1" } });
  await his.hears("closed");
  await hers.hears("member", ({ change, user_id }) => change === "left" && user_id === bob.id);
  await hers.hears("erased", ({ seq }) => seq === 2);
  const erased = await hers.ask("catch_up", { group_id, after: 1, limit: 1 });
  assert.equal(erased.messages[0].message, null);
  await alice.call("DELETE", "/users/sign_out");
  await hers.hears("closed");

  assert.deepEqual(document.wrong, []);
  assert.deepEqual(document.missing, []);
});

test("what is not documented, or not as it is sent, is found", async () => {
  const document = await Document.read();
  document.told("dance", { group_id: crypto.randomUUID() });
  document.told("erased", { group_id: "not an id", seq: 1 });
  document.told("erased", { group_id: crypto.randomUUID(), seq: 1, why: "one field more" });
  document.answered("read", { group_id: crypto.randomUUID(), seq: 1 }, { ok: true });
  assert.equal(document.wrong.length, 4, document.wrong.join("\n"));
  assert.ok(document.missing.includes("message"));
  const { operations } = JSON.parse(await readFile(DOCUMENT, "utf8"));
  assert.ok(Object.keys(operations).length >= 10);
});
