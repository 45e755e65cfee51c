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
