import type { components } from "./schema.js";

/** An object of the API by its name in the OpenAPI file. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

export type Config = Schema<"Config">;
export type ErrorBody = Schema<"Error">;
/** An error as real time tells it, where there is no request. */
export type Refusal = Omit<ErrorBody, "request_id">;
export type Group = Schema<"Group">;
export type Membership = Schema<"Membership">;
export type Message = Schema<"GroupMessage">;
export type Role = Schema<"Role">;
export type Session = Schema<"Session">;
export type User = Schema<"User">;
