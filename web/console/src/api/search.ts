// One question to everything there is, answered in groups by kind.
import { get } from "./client";

export interface FoundCustomer {
  id: number;
  kind: string;
  name: string;
  level: string | null;
  owner: string | null;
  number: string | null;
  why: string;
  matched: string;
}
export interface FoundContact {
  id: number;
  name: string;
  role: string | null;
  customer: number;
  customer_name: string;
  why: string;
  matched: string;
}
export interface FoundTicket {
  id: number;
  number: string;
  title: string;
  status: string;
  customer: number;
  customer_name: string;
  why: string;
  matched: string;
}
export interface Found {
  customers: FoundCustomer[];
  contacts: FoundContact[];
  tickets: FoundTicket[];
}

export const search = (q: string, limit: number, signal: AbortSignal) => get<Partial<Found>>("/search", { q, limit }, signal);
