// What the API sends and takes, by the names the console uses; schema.ts is generated from the service's own types.
import type { components } from "./schema";

type Schemas = components["schemas"];

export interface Page<T> {
  items: T[];
  next: string | null;
}

export type SessionView = Schemas["SessionView"];
export type User = Schemas["Me"];
export type CustomerRow = Schemas["CustomerRow"];
export type Customer = Schemas["CustomerView"];
export type CreatedCustomer = Schemas["CreatedCustomer"];
export type NewCustomer = Schemas["CustomerSent"];
export type CustomerKind = NonNullable<NewCustomer["kind"]>;
export type Activity = Schemas["TimelineItem"];
export type RecordingRef = Schemas["TimelineRecording"];
export type Story = Schemas["Story"];
export type Ticket = Schemas["TicketView"];
export type NewTicket = Schemas["TicketSent"];

export type Peaks = Schemas["PeaksView"];

/** The agent's telephone and states. */
export interface Credentials {
  uri: string;
  display_name: string;
  websocket: string;
  username: string;
  password: string;
}
export interface Phone {
  interface: string;
  kind: "browser" | "desk";
  state: string;
}
/** A word of the house in both languages: a pause reason, a disposition. */
export interface NamedWord {
  name: string;
  zh: string;
  en: string;
  position: number;
  active: boolean;
}
export interface QueueInfo {
  name: string;
  label?: string;
  dispositions?: string[];
  disposition_required?: boolean;
}
export interface Colleague {
  id: number;
  name: string;
  active: boolean;
}
export interface Decision {
  at: number;
  step: string;
  outcome: string;
  reason: string;
  facts: Record<string, string>;
}
export interface TransferWish {
  kind: "blind" | "attended";
  agent?: number;
  queue?: string;
  number?: string;
}
export interface Disposed {
  disposition: string;
  note?: string;
}
export interface CallbackWish {
  number: string;
  queue: string;
  scheduled_at: number;
  note?: string;
  customer?: number;
  interaction?: string;
}
