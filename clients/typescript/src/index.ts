export { again, type Patience } from "./again.js";
export { Api, type ApiSettings, type Asked } from "./api.js";
export { Feed, type FeedSettings, type FeedState, type Gap, type Listener } from "./feed.js";
export { newId } from "./ids.js";
export { type Named, Parlour, type Settings } from "./parlour.js";
export { Problem } from "./problem.js";
export type { components, paths } from "./schema.js";
export {
  type ConnectError,
  type Erased,
  type FromServer,
  type GroupChange,
  type Have,
  type MemberChange,
  openSocket,
  type Presence,
  type ReadMarker,
  type RealTimeSocket,
  type Refused,
  type Resync,
  type ToServer,
  type Typing,
} from "./socket.js";
export type {
  Config,
  ErrorBody,
  Group,
  Membership,
  Message,
  Refusal,
  Role,
  Schema,
  Session,
  User,
} from "./types.js";
