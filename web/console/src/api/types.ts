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
export type CreatedCustomer = Schemas["SavedCustomer"];
export type NewCustomer = Schemas["CustomerSent"];
export type CustomerKind = NonNullable<NewCustomer["kind"]>;
export type Activity = Schemas["TimelineItem"];
export type RecordingRef = Schemas["TimelineRecording"];
export type Story = Schemas["Story"];
export type Ticket = Schemas["TicketView"];

export type WorkItem = Schemas["WorkView"];
export type CallbackItem = Schemas["CallbackItem"];
export type WorkWhich = "open" | "mine" | "done";

export type Peaks = Schemas["PeaksView"];

/** The agent's telephone and states, and what comes after a call. */
export type Credentials = Schemas["PhoneCredentials"];
export type Phone = Schemas["AgentPhone"];
/** A word of the house in both languages: a pause reason, a disposition. */
export type NamedWord = Schemas["WordView"];
export type QueueInfo = Schemas["QueueView"];
export type Colleague = Schemas["AgentView"];
export type Decision = Schemas["DecisionView"];
export type TransferWish = Schemas["Transfer"];
export type Disposed = Schemas["DispositionSent"];
export type Dispositions = Schemas["DispositionList"];
export type CallbackWish = Schemas["CallbackSent"];

/** What would be if. */
export type SimulationBase = Schemas["SimulationBase"];
export type NewSimulation = Schemas["NewSimulation"];
export type SimulationView = Schemas["SimulationView"];
export type Report = Schemas["Report"];
export type Comparison = Schemas["Comparison"];
export type FigureSet = Schemas["FigureSet"];
export type Estimate = Schemas["Estimate"];
export type QueueStaffing = Schemas["QueueStaffing"];
