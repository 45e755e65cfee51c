// The frames' types by the names the console uses; schema.ts is generated from the gateway's own types.
import type { AgentRow, AgentStatus, Call, Card, FromClient, FromServer, Pop, Snapshot } from "./schema";

export type * from "./schema";

export type ServerFrame = FromServer;
export type ClientFrame = FromClient;
export type Stream = Snapshot["stream"];
export type Match = Card["match"];
export type Direction = Pop["direction"];
export type CallState = Call["state"];
export type PhoneState = AgentRow["state"];
export type AgentState = AgentStatus["state"];
