// What the HTTP API sends and takes. Times are seconds since the Unix epoch (UTC).

export interface User {
  id: number;
  username: string;
  display_name: string;
  language: string;
  theme: string;
  roles: string[];
  rights: string[];
}
export interface SessionView {
  user: User;
  agent: { id: number; name: string; interfaces: string[] } | null;
  csrf: string;
  gateway_url: string;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Named {
  id: number;
  name: string;
}
export type CustomerKind = "person" | "company";
export interface PhoneNumber {
  number: string;
  label: string | null;
}
export interface Customer {
  id: number;
  kind: CustomerKind;
  name: string;
  level: string | null;
  owner: Named | null;
  numbers: PhoneNumber[];
}
export interface NewCustomer {
  kind: CustomerKind;
  name: string;
  level?: string;
  numbers: { number: string; label?: string }[];
  interaction?: string;
}

export interface RecordingRef {
  id: string;
  seconds: number | null;
  status: string;
}
export interface Activity {
  id: number;
  kind: string;
  at: number;
  summary: string;
  direction: string | null;
  result: string | null;
  text: string | null;
  author: Named | null;
  interaction: string | null;
  recordings: RecordingRef[];
}
export interface Peaks {
  seconds: number;
  peaks: number[];
}

export interface Interaction {
  id: string;
  customer: number | null;
}
export interface Ticket {
  id: number;
  number: string;
  title: string;
  status: string;
  created_at: number;
}
export interface NewTicket {
  title: string;
  customer?: number;
  interaction?: string;
  text?: string;
}
