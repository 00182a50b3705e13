// Somebody with an account, over HTTP: what a test needs to be there before it begins.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

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
    const group = await this.call("POST", "/groups", { group: { name, description } });
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
  const answer = await fetch(`${api}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}
