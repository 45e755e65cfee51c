// The calls around tickets: found, worked, answered, and what people work them with.
import { address, get, patch, post, put, remove, type Query } from "./client";
import type { FieldValues } from "./crm";
import type { components } from "./schema";
import type { Page } from "./types";
import { upload } from "./upload";

type Schemas = components["schemas"];
export type TicketLine = Schemas["TicketRow"];
export type TicketFull = Omit<Schemas["TicketView"], "fields"> & { fields: FieldValues };
export type Priority = TicketLine["priority"];
export type TicketCounts = Schemas["TicketCounts"];
export type Message = Schemas["TicketMessageView"];
export type Happening = Omit<Schemas["TicketEventView"], "before" | "after" | "data"> & Record<"before" | "after" | "data", Record<string, unknown> | null>;
export type SavedView = Schemas["SavedTicketView"];
export type ViewFilter = Schemas["TicketFilter"];
export type ViewSent = Schemas["SavedViewSent"];
export type Sharing = Schemas["Sharing"];
export type Macro = Schemas["MacroView"];
export type MacroStep = Macro["steps"][number];
export type SilentStep = Schemas["BulkAsked"]["steps"][number];
export type BulkResult = Schemas["BulkResult"];
export type BulkRow = Schemas["RowResult"];
export type Category = Schemas["CategoryView"];
export type CategoryField = Schemas["FieldRule"];
export type CannedText = Schemas["Canned"];
export type Draft = Schemas["DraftView"];
export type Attachment = Schemas["AttachmentView"];
export type Feedback = Schemas["FeedbackView"];
export type Notice = Omit<Schemas["Notice"], "data"> & { data: Record<string, unknown> | null };
export type NewTicket = Schemas["TicketSent"];
export type TicketChange = Omit<Schemas["TicketChange"], "fields"> & { fields?: FieldValues };

const V = "/tickets";
const at = (path: string, key: string | number) => `${path}/${encodeURIComponent(key)}`;
const one = (id: number, more = "") => `${at(V, id)}${more}`;
const items = async <T>(path: string, query?: Query): Promise<T[]> => (await get<{ items: T[] }>(path, query)).items;

export const ticketList = (query: Query, cursor: string | null, limit: number, signal?: AbortSignal) => get<Page<TicketLine>>(V, { ...query, cursor, limit }, signal);

export const ticket = {
  counts: (query: Query) => get<TicketCounts>(`${V}/counts`, query),
  open: (sent: NewTicket) => post<TicketFull>(V, sent),
  read: (id: number) => get<TicketFull>(one(id)),
  change: (id: number, sent: TicketChange) => patch<TicketFull>(one(id), sent),
  /** A step of its life, or a link, a watcher, a call. */
  step: (id: number, step: string, sent: object = {}) => post<TicketFull>(one(id, `/${step}`), sent),
  say: (id: number, internal: boolean, text: string) => post<{ message: Message; ticket: TicketFull }>(one(id, internal ? "/note" : "/reply"), { text }),
  messages: (id: number, cursor: string | null, signal?: AbortSignal) => get<Page<Message>>(one(id, "/messages"), { cursor }, signal),
  events: (id: number, cursor: string | null, signal?: AbortSignal) => get<Page<Happening>>(one(id, "/events"), { cursor }, signal),
  tags: (id: number) => items<string>(one(id, "/tags")),
  putTags: (id: number, tags: string[]) => put<{ items: string[] }>(one(id, "/tags"), { tags }),
  macro: (id: number, macro: number, version: number) => post<Schemas["MacroDone"]>(one(id, "/macro"), { macro, version }),
  feedback: (id: number) => items<Feedback>(one(id, "/feedback")),
  feedbackLink: (id: number) => post<Schemas["FeedbackLinkView"]>(one(id, "/feedback-link"), {}),
  bulk: (tickets: number[], steps: SilentStep[]) => post<BulkResult>(`${V}/bulk`, { tickets, steps }),
};

export const files = {
  of: (id: number) => items<Attachment>(one(id, "/attachments")),
  attach: (id: number, file: File, told: (share: number) => void) => upload<Attachment>(one(id, "/attachments"), { name: file.name.slice(-200) }, file, told),
  address: (id: string) => address(at("/attachments", id)),
  remove: (id: string) => remove(at("/attachments", id)),
};

export const views = {
  list: () => items<SavedView>("/ticket-views"),
  create: (sent: ViewSent) => post<SavedView>("/ticket-views", sent),
  change: (id: number, sent: { version: number } & Partial<ViewSent>) => patch<SavedView>(at("/ticket-views", id), sent),
  remove: (id: number) => remove(at("/ticket-views", id)),
};

export const drafts = {
  /** All of one's own. */
  list: () => items<Draft>("/drafts"),
  write: (id: number, sent: { text: string; internal: boolean; ticket_version: number; version: number }) => put<Draft>(at("/drafts", id), sent),
  drop: (id: number) => remove(at("/drafts", id)),
};

export const canned = {
  list: () => items<CannedText>("/canned-responses"),
  fill: (id: number, of: number) => get<{ text: string }>(`${at("/canned-responses", id)}/tickets/${of}`),
};

export const categories = () => items<Category>("/ticket-categories");
export const macros = () => items<Macro>("/macros");
export const ticketTags = (q: string) => items<string>("/ticket-tags", { q });

export const notices = {
  list: (cursor: string | null, signal?: AbortSignal) => get<Page<Notice> & { unread: number }>("/me/ticket-notices", { cursor, limit: 20 }, signal),
  /** None of them: all. */
  read: (ids: number[]) => post<undefined>("/me/ticket-notices/read", { ids }),
};
