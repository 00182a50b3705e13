// Somebody who stays: an official client that comes back by itself, names what it has of each group, and tells
// each message, and what else happens in its groups, as a line of JSON. A line {event, payload} on stdin is emitted, and its
// acknowledgement told as the event `answer`.
//
//   TOKEN=... node listener.mjs http://127.0.0.1:8081

import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const have = {};
const socket = io(process.argv[2], {
  auth: (give) => give({ token: process.env.TOKEN, have }),
  reconnectionDelay: 50,
  reconnectionDelayMax: 200,
});
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

socket.on("connect", () => tell({ event: "connect" }));
socket.on("connect_error", (error) => tell({ event: "connect_error", message: error.message }));
socket.on("disconnect", (reason) => {
  tell({ event: "disconnect", reason });
  // A server that says goodbye is not called again unless asked to.
  if (reason === "io server disconnect") socket.connect();
});
socket.on("message", (message) => {
  have[message.group_id] = message.seq;
  tell({ event: "message", group_id: message.group_id, seq: message.seq });
});
socket.on("member", (payload) => tell({ event: "member", ...payload }));
socket.on("erased", (payload) => tell({ event: "erased", ...payload }));
socket.on("presence", (payload) => tell({ event: "presence", ...payload }));
socket.on("typing", (payload) => tell({ event: "typing", ...payload }));
socket.on("resync", (payload) => tell({ event: "resync", ...payload }));
createInterface({ input: process.stdin }).on("line", (line) => {
  const { event, payload } = JSON.parse(line);
  socket.emit(event, payload, (answer) => tell({ event: "answer", ...answer }));
});
