// Somebody who listens, and throws at the first message: says what was heard, and then what became of that.

import { person } from "./support.mjs";

const thrown = [];
process.on("uncaughtException", ({ message }) => thrown.push(message));
const alice = await person(process.argv[2]);
const group = await alice.createGroup({ name: "A group" });
const feed = await alice.listen({
  message({ seq }) {
    console.log(`heard ${seq}`);
    if (seq === 1) throw new Error("one's own affair");
    feed.close();
    setImmediate(() => console.log(`thrown: ${thrown}`));
  },
  gap() {},
});
await alice.send(group.id, "one");
await alice.send(group.id, "two");
