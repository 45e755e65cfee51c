// Every call to the API that the console makes, by name.
import { address, get, patch, post, put, remove } from "./client";
import type {
  Activity,
  CreatedCustomer,
  Customer,
  CustomerRow,
  NewCustomer,
  NewTicket,
  Page,
  Peaks,
  SessionView,
  Story,
  Ticket,
  User,
} from "./types";

export const session = {
  read: () => get<SessionView>("/session"),
  signIn: (username: string, password: string) =>
    post<SessionView>("/session", { username, password }),
  signOut: () => remove("/session"),
};

export const me = {
  change: (wish: { language?: string; theme?: string }) => patch<User>("/me", wish),
};

export const customers = {
  find: (q: string, cursor: string | null, limit: number, signal?: AbortSignal) =>
    get<Page<CustomerRow>>("/customers", { q, cursor, limit }, signal),
  read: (id: number) => get<Customer>(`/customers/${id}`),
  create: (customer: NewCustomer) => post<CreatedCustomer>("/customers", customer),
  timeline: (id: number, cursor: string | null, signal?: AbortSignal) =>
    get<Page<Activity>>(`/customers/${id}/timeline`, { cursor }, signal),
  note: (id: number, text: string) => post<Activity>(`/customers/${id}/notes`, { text }),
};

const interactionPath = (id: string) => `/interactions/${encodeURIComponent(id)}`;

export const interactions = {
  read: (id: string) => get<Story>(interactionPath(id)),
  note: (id: string, text: string, customer: number | null) =>
    post<Activity>(`${interactionPath(id)}/note`, customer === null ? { text } : { text, customer }),
  choose: (id: string, customer: number) =>
    put<Story>(`${interactionPath(id)}/customer`, { customer }),
};

export const tickets = {
  open: (ticket: NewTicket) => post<Ticket>("/tickets", ticket),
  openOf: (customer: number) => get<Page<Ticket>>("/tickets", { customer, status: "open" }),
};

const recordingPath = (id: string) => `/recordings/${encodeURIComponent(id)}`;

export const recordings = {
  audio: (id: string) => address(`${recordingPath(id)}/audio`),
  peaks: (id: string) => get<Peaks>(`${recordingPath(id)}/peaks`),
};
