// Somebody with an account, over HTTP: what a test needs to be there before it begins.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

/** How long an answer may take, in milliseconds. */
const PATIENCE = 60_000;
export const PASSWORD = "stanley-park-1";

export class Person {
  constructor(api, session) {
    this.api = api;
    this.session = session;
    this.id = session.id;
    this.email = session.email;
    this.name = session.name;
  }

  /** Signs up under an address that nobody else has. */
  static async signUp(api, name) {
    const user = { name, email: `${randomUUID()}@example.com`, password: PASSWORD };
    return new Person(api, await call(api, null, "POST", "/users", { user }));
  }

  call(method, path, body) {
    return call(this.api, this.session.token, method, path, body);
  }

  /** Makes a group that these people are in. */
  async group(name, others = [], description = "") {
    const group = await this.call("POST", "/groups", { group: { id: randomUUID(), name, description } });
    for (const { id } of others) await this.call("POST", `/groups/${group.id}/members`, { member: { user_id: id } });
    return group;
  }

  send(group, message, id = randomUUID()) {
    return this.call("POST", `/groups/${group.id}/messages`, { message: { id, message } });
  }

  /** Sends many, several at once; the order among them is the server's. */
  async sendMany(group, texts, atOnce = 16) {
    for (let at = 0; at < texts.length; at += atOnce) {
      await Promise.all(texts.slice(at, at + atOnce).map((text) => this.send(group, text)));
    }
  }

  /** All messages of a group, oldest first. */
  async log(group) {
    const log = [];
    for (let more = true; more; ) {
      const after = log.at(-1)?.seq ?? 0;
      const page = await this.call("GET", `/groups/${group.id}/messages?limit=100&after=${after}`);
      log.push(...page.messages);
      more = page.page.has_more;
    }
    return log;
  }
}

async function call(api, token, method, path, body) {
  const headers = { "content-type": "application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  const ask = () =>
    fetch(`${api}/api/v1${path}`, {
      method,
      headers,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE),
    });
  let answer = await ask();
  // A machine with a lot to do takes less at once than a test asks for, and says when to ask again.
  for (let tries = 0; answer.status === 503 && tries < 20; tries += 1) {
    await sleep(1000 * Number(answer.headers.get("retry-after")));
    answer = await ask();
  }
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}
