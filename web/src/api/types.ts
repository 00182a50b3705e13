export type { Config, Group, Membership, Message, Role, Schema, Session } from "parlour-client";
