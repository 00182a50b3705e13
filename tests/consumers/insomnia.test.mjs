// The Insomnia collection: in step with the OpenAPI file, and every request of it answered by a real server.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { collection, openapi } from "../../clients/insomnia/collection.mjs";
import { Parlour } from "../browser/server.mjs";

/** How long what is done in the background may take, in milliseconds. */
const PATIENCE = 60_000;
const PREFIX = "req_parlour_";

/** Everything once, in an order in which it goes well. `settles` says of a request when its answer is the last one. */
const ORDER = [
  ["livez"],
  ["readyz"],
  ["config"],
  ["openapi"],
  ["sign_up"],
  ["sign_in"],
  ["show_me"],
  ["update_me"],
  ["sign_up_guest"],
  ["create_group"],
  ["list_groups"],
  ["show_group"],
  ["update_group"],
  ["add_member"],
  ["list_members"],
  ["list_group_users"],
  ["change_role"],
  ["create_webhook"],
  ["send_message"],
  ["create_group_message"],
  ["list_messages"],
  ["show_message"],
  ["mark_read"],
  ["show_notifications"],
  ["update_notifications"],
  ["show_my_notifications"],
  ["update_my_notifications"],
  ["create_invitation"],
  ["list_invitations"],
  ["accept_invitation"],
  ["revoke_invitation"],
  ["list_webhooks"],
  ["list_deliveries", ({ deliveries }) => deliveries.length > 0],
  ["redeliver"],
  ["delete_webhook"],
  ["remove_member"],
  ["delete_group"],
  ["request_export"],
  ["show_export", ({ state }) => state === "ready"],
  ["download_export"],
  ["sign_out"],
  // The token is no longer good.
  ["sign_in"],
  ["erase_me"],
];

const stored = JSON.parse(await readFile(new URL("../../clients/insomnia/parlour.json", import.meta.url), "utf8"));

test("the collection is what the OpenAPI file makes of it", async () => {
  assert.deepEqual(stored, collection(await openapi()), "make insomnia");
});

/** What Insomnia does with a request: variables are filled in, and the script after the answer fills others. */
class Insomnia {
  #requests = new Map();
  #variables;

  constructor({ resources }, environment) {
    const environments = resources.filter(({ _type }) => _type === "environment");
    const chosen = environments.find(({ name }) => name === environment);
    const base = environments.find(({ _id }) => _id === chosen.parentId);
    this.#variables = new Map(Object.entries({ ...base.data, ...chosen.data }));
    for (const request of resources.filter(({ _type }) => _type === "request")) {
      this.#requests.set(request._id.slice(PREFIX.length), request);
    }
  }

  get names() {
    return [...this.#requests.keys()];
  }

  get url() {
    return this.#variables.get("base_url");
  }

  set(variable, value) {
    assert.ok(this.#variables.has(variable), `${variable} is none of the environment's`);
    this.#variables.set(variable, value);
  }

  async send(name) {
    const { method, url, parameters, headers, body, authentication, afterResponseScript } = this.#requests.get(name);
    const asked = new URL(this.#filled(url));
    for (const parameter of parameters.filter(({ disabled }) => !disabled)) {
      asked.searchParams.append(parameter.name, this.#filled(parameter.value));
    }
    const told = new Headers(headers.map((header) => [header.name, this.#filled(header.value)]));
    if (authentication.type === "bearer") told.set("authorization", `Bearer ${this.#filled(authentication.token)}`);
    const answer = await fetch(asked, { method, headers: told, body: body.text && this.#filled(body.text) });
    const text = await answer.text();
    const set = (variable, value) => this.set(variable, value);
    if (answer.ok) {
      runInNewContext(afterResponseScript, {
        insomnia: { environment: { set }, response: { json: () => JSON.parse(text) } },
      });
    }
    return { status: answer.status, text };
  }

  #filled(template) {
    return template.replace(/{{ _\.(\w+) }}/g, (_, name) => {
      assert.ok(this.#variables.get(name), `${name} has no value yet`);
      return this.#variables.get(name);
    });
  }
}

test("every request of it is answered as the OpenAPI file says", async (t) => {
  const receiver = createServer((_, answer) => answer.end()).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const server = await Parlour.start({ WEBHOOK_ALLOWED_NETWORKS: "127.0.0.1/32" });
  t.after(async () => {
    await server.end();
    receiver.close();
  });
  const insomnia = new Insomnia(stored, "make start");
  assert.equal(new Insomnia(stored, "make up").url, "http://127.0.0.1:8090");
  assert.equal(insomnia.url, "http://127.0.0.1:8080");
  insomnia.set("base_url", server.api);
  insomnia.set("webhook_url", `http://127.0.0.1:${receiver.address().port}/hook`);
  assert.deepEqual(new Set(ORDER.map(([name]) => name)), new Set(insomnia.names));

  const operations = Object.values((await openapi()).paths).flatMap((path) => Object.values(path));
  for (const [name, settled = () => true] of ORDER) {
    const { responses } = operations.find(({ operationId }) => operationId === name);
    const successes = Object.keys(responses).filter((status) => status.startsWith("2"));
    for (const until = Date.now() + PATIENCE; ; ) {
      const { status, text } = await insomnia.send(name);
      assert.ok(successes.includes(String(status)), `${name}: ${status} ${text}`);
      if (settled(text === "" ? null : JSON.parse(text))) break;
      assert.ok(Date.now() < until, `${name} does not settle: ${text}`);
      await new Promise((again) => setTimeout(again, 100));
    }
  }
});
