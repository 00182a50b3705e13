// Drives official Socket.IO clients for a test: commands come as lines of JSON on stdin, what happens goes
// out as lines of JSON on stdout.
//
//   {do: "open", client, url, options}            a new client; options as socket.io-client has them
//   {do: "ask", client, number, event, args}      emits with acknowledgement; answered by {number, answer}
//   {do: "pause", client}                         reads nothing more from its websocket
//   {do: "close", client}
//
// Each event of a client is told as {client, event, payload}: `connect`, `connect_error`, `disconnect`, and
// whatever the server sends.

import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const clients = new Map();

function tell(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function open({ client, url, options }) {
  const socket = io(url, { forceNew: true, reconnection: false, ...options });
  clients.set(client, socket);
  socket.on("connect", () => tell({ client, event: "connect", payload: socket.io.engine.transport.name }));
  socket.on("connect_error", ({ message, data }) =>
    tell({ client, event: "connect_error", payload: { message, data } }),
  );
  socket.on("disconnect", (reason) => tell({ client, event: "disconnect", payload: reason }));
  socket.onAny((event, payload) => tell({ client, event, payload }));
}

const commands = {
  open,
  ask({ client, number, event, args }) {
    clients.get(client).emit(event, ...args, (answer) => tell({ number, answer }));
  },
  pause({ client }) {
    clients.get(client).io.engine.transport.ws._socket.pause();
  },
  close({ client }) {
    clients.get(client).disconnect();
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  commands[command.do](command);
}
process.exit(0);
