import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import type { Message, Refusal, Role } from "./types.js";

/** How long real time may take to answer, in milliseconds. */
const PATIENCE = 10_000;

/** The position up to which each group is had, by group. */
export type Have = Record<string, number>;

export interface MemberChange {
  group_id: string;
  user_id: string;
  change: "joined" | "left" | "role";
  role: Role | null;
}

/** What a group is called from now on. */
export interface GroupChange {
  group_id: string;
  name: string;
  description: string;
  updated_at: string;
}

export interface ReadMarker {
  group_id: string;
  read_seq: number;
}

export interface Erased {
  group_id: string;
  seq: number;
}

export interface Resync {
  group_id: string;
  last_seq: number;
}

export interface Presence {
  group_id: string;
  /** How many members are online. */
  online: number;
  /** Who they are; null where they are too many. */
  user_ids: string[] | null;
}

export interface Typing {
  group_id: string;
  user_id: string;
}

/** What the server sends, as docs/asyncapi.json has it. */
export interface FromServer {
  message(message: Message): void;
  member(change: MemberChange): void;
  group(change: GroupChange): void;
  read(read: ReadMarker): void;
  erased(erased: Erased): void;
  resync(resync: Resync): void;
  /** Of groups that this socket has open. */
  presence(presence: Presence): void;
  /** In groups that this socket has open. */
  typing(typing: Typing): void;
  closed(error: Refusal): void;
}

/** A refusal, as an acknowledgement has it. */
export interface Refused {
  error: Refusal;
}

type Ack<Answer> = (answer: ({ ok: true } & Answer) | Refused) => void;

/** What a client may ask for, as docs/asyncapi.json has it. */
export interface ToServer {
  send(
    draft: { group_id: string; message: string; id?: string },
    ack: Ack<{ message: Message; replayed: boolean }>,
  ): void;
  catch_up(
    asked: { group_id: string; after: number; limit?: number },
    ack: Ack<{ messages: Message[]; has_more: boolean }>,
  ): void;
  read(marker: { group_id: string; seq: number }, ack: Ack<{ read_seq: number }>): void;
  open(group: { group_id: string }, ack: Ack<object>): void;
  close(group: { group_id: string }, ack: Ack<object>): void;
  typing(group: { group_id: string }, ack: Ack<object>): void;
}

/** The official client's socket, typed. */
export type RealTimeSocket = Socket<FromServer, ToServer>;

/** What a refused connection's error carries beside its message. */
export type ConnectError = Error & { data?: Refusal };

/**
 * A socket that is not connected yet, and makes one attempt for each `connect()`: its owner decides when there is
 * another. `have` is asked for at each.
 */
export function openSocket(
  url: string,
  token: string,
  have: () => Have,
  options: Partial<ManagerOptions & SocketOptions> = {},
): RealTimeSocket {
  return io(url, {
    auth: (give) => give({ token, have: have() }),
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    timeout: PATIENCE,
    reconnection: false,
    autoConnect: false,
    // Two people in one process are two connections.
    forceNew: true,
    ...options,
  });
}
