// The frames' types by the names the console uses; schema.ts is generated from the gateway's own types.
import type { AgentRow, Call, Card, FromClient, FromServer, MeState as Me, Pop, Snapshot as Whole } from "./schema";

export type * from "./schema";

export type AgentState = "offline" | "ready" | "not_ready" | "offered" | "busy" | "wrap_up";
export interface AgentPhone {
  interface: string;
  kind: "browser" | "desk";
  state: string;
}
/** My own state as the service has confirmed it. */
export interface AgentStatus {
  agent: number;
  state: AgentState;
  reasons: string[];
  since: number;
  until: number | null;
  interaction: string | null;
  queue: string | null;
  pending: string | null;
  phone: AgentPhone | null;
}
export interface AgentStatusChanged {
  kind: "agentstatuschanged";
  stream: "me";
  seq: number;
  agent: AgentStatus;
}
export interface MeState extends Me {
  agent?: AgentStatus | null;
}
export interface Snapshot extends Whole {
  me?: MeState | null;
}

/** The agent opened another browser: that one has the telephone now. */
export interface TakenOver {
  kind: "takenover";
  at: number;
}

export type ServerFrame = FromServer | AgentStatusChanged | TakenOver;
export type ClientFrame = FromClient;
export type Stream = Snapshot["stream"];
export type Match = Card["match"];
export type Direction = Pop["direction"];
export type CallState = Call["state"];
export type PhoneState = AgentRow["state"];
