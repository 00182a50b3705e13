import type { components } from "./schema";

/** An object of the API by its name in the OpenAPI file. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

export type Config = Schema<"Config">;
export type Group = Schema<"Group">;
export type Membership = Schema<"Membership">;
export type Message = Schema<"GroupMessage">;
export type Role = Schema<"Role">;
export type Session = Schema<"Session">;
