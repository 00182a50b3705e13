// Servers, people, and wires that can be cut.

import { once } from "node:events";
import { connect, createServer } from "node:net";
import { Parlour } from "../dist/index.js";

export { freeAddress, Parlour as Server } from "../../../tests/browser/server.mjs";

/** How long what must come may take, in milliseconds. */
const PATIENCE = 60_000;
let people = 0;

/** Somebody with an account of their own. */
export function person(url, settings) {
  people += 1;
  const email = `person-${process.pid}-${people}@example.com`;
  return Parlour.signUp(url, { name: `Person ${people}`, email, password: "stanley-park-1" }, settings);
}

/** What a listener heard, which can be waited for. */
export class Ears {
  messages = [];
  gaps = [];
  members = [];
  states = [];
  #waiting = [];

  message(message) {
    this.#note(this.messages, message);
  }

  gap(gap) {
    this.#note(this.gaps, gap);
  }

  member(change) {
    this.#note(this.members, change);
  }

  state(state) {
    this.#note(this.states, state);
  }

  /** The positions that were told of a group, as they came. */
  seqs(group) {
    return this.messages.filter(({ group_id }) => group_id === group).map(({ seq }) => seq);
  }

  /** Returns as soon as something is so. */
  async until(what, is) {
    const timer = setTimeout(() => {
      for (const waiting of this.#waiting.splice(0)) waiting.reject(new Error(`${what} did not come`));
    }, PATIENCE);
    while (!is()) await new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    clearTimeout(timer);
  }

  #note(list, what) {
    list.push(what);
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }
}

/** A wire to a server, which can be cut and mended, and can lose answers. */
export class Wire {
  #target;
  #server;
  #pairs = new Set();
  #losing = 0;
  #cut = false;
  /** How many answers it lost. */
  lost = 0;

  static async start() {
    const wire = new Wire();
    wire.#server = createServer((near) => wire.#carry(near)).listen(0, "127.0.0.1");
    await once(wire.#server, "listening");
    wire.url = `http://127.0.0.1:${wire.#server.address().port}`;
    return wire;
  }

  to(url) {
    const { hostname, port } = new URL(url);
    this.#target = { host: hostname, port: Number(port) };
    return this;
  }

  /** The next answers break off before their first byte. */
  loseAnswers(count) {
    this.#losing = count;
  }

  cut() {
    this.#cut = true;
    for (const end of this.#pairs) end.destroy();
  }

  mend() {
    this.#cut = false;
  }

  end() {
    this.cut();
    this.#server.close();
  }

  #carry(near) {
    if (this.#cut) return near.destroy();
    const far = connect(this.#target);
    for (const end of [near, far]) {
      this.#pairs.add(end);
      end.on("error", () => {});
      end.on("close", () => {
        this.#pairs.delete(end);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.on("data", (bytes) => {
      if (this.#losing > 0) {
        this.#losing -= 1;
        this.lost += 1;
        near.destroy();
      } else near.write(bytes);
    });
  }
}

/** 1, 2, … up to a number. */
export function upTo(last, first = 1) {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Everything that a list has. */
export async function all(list) {
  const items = [];
  for await (const item of list) items.push(item);
  return items;
}
