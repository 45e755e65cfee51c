// The calls around customers: who they are, what is to be done for them, and which of them are the same.
import { address, get, patch, post, type Query } from "./client";
import type { components } from "./schema";
import type { Full } from "./setup";
import type { Activity, Page } from "./types";

type Schemas = components["schemas"];

export interface Labelled {
  label_zh: string;
  label_en: string;
}
export type CustomerLine = Schemas["CustomerRow"];
export type CustomerFull = Schemas["CustomerView"];
export type AddressRow = Schemas["AddressView"];
export type FieldRow = Schemas["FieldView"];
export type FieldKind = Schemas["FieldKind"];
export type ChoiceRow = Schemas["ChoiceView"];
export type WordEntry = Schemas["DictionaryView"];
export type Person = Schemas["PersonView"];
export type TaskRow = Schemas["TaskView"];
export type Duplicate = Schemas["Candidate"];
export type DuplicateReason = Schemas["ReasonView"];
export type DuplicatePair = Schemas["PairView"];
export type MergeRow = Schemas["MergeView"];
export type CustomerDraftSent = Schemas["web.api.merges.DraftSent"];
/** What a customer has in a field of the house's own; null: nothing. */
export type FieldValue = string | number | string[] | null;
export type FieldValues = Record<string, FieldValue>;
export type CustomerWish = Full<Omit<Schemas["CustomerSent"], "interaction">>;

const at = (path: string, key: string | number) => `${path}/${encodeURIComponent(key)}`;
const items = <T>(path: string, query?: Query) => async (): Promise<T[]> => (await get<{ items: T[] }>(path, query)).items;

export const customerList = (query: Query, cursor: string | null, limit: number, signal?: AbortSignal) =>
  get<Page<CustomerLine>>("/customers", { ...query, cursor, limit }, signal);

export const customer = {
  read: (id: number) => get<CustomerFull>(at("/customers", id)),
  create: (sent: Partial<CustomerWish>) => post<Schemas["SavedCustomer"]>("/customers", sent),
  change: (id: number, sent: { version: number } & Partial<CustomerWish>) => patch<CustomerFull>(at("/customers", id), sent),
  own: (id: number, owner: number | null) => post<CustomerFull>(`${at("/customers", id)}/owner`, { owner }),
  claim: (ids: number[]) => post<Schemas["Claimed"]>("/customers/claim", { ids }),
  timeline: (id: number, kinds: string, cursor: string | null, signal?: AbortSignal) =>
    get<Page<Activity>>(`${at("/customers", id)}/timeline`, { kind: kinds, cursor }, signal),
  duplicates: (id: number) => items<Duplicate>(`${at("/customers", id)}/duplicates`)(),
  merge: (id: number, source: number, fields: Record<string, "source" | "target">) => post<MergeRow>(`${at("/customers", id)}/merge`, { source, fields }),
};

export const people = items<Person>("/people");
export const tags = items<string>("/customer-tags");

export const fields = {
  list: items<FieldRow>("/fields"),
  create: (sent: Schemas["FieldSent"]) => post<FieldRow>("/fields", sent),
  change: (id: number, sent: Schemas["FieldChange"]) => patch<FieldRow>(at("/fields", id), sent),
};

export const dictionary = {
  list: (kind: string) => items<WordEntry>(at("/dictionary", kind))(),
  create: (kind: string, sent: Labelled & { value: string; position: number }) => post<WordEntry>(at("/dictionary", kind), sent),
  change: (kind: string, id: number, sent: Schemas["EntryChange"]) => patch<WordEntry>(`${at("/dictionary", kind)}/${id}`, sent),
};

export const tasks = {
  of: (of: number) => items<TaskRow>("/tasks", { customer: of, state: "all", sort: "due", limit: 100 })(),
  create: (sent: Schemas["TaskSent"]) => post<TaskRow>("/tasks", sent),
  change: (id: number, sent: Schemas["TaskChange"]) => patch<TaskRow>(at("/tasks", id), sent),
};

export const duplicates = {
  check: async (sent: CustomerDraftSent) => (await post<{ items: Duplicate[] }>("/duplicates/check", sent)).items,
  report: (cursor: string | null, signal?: AbortSignal) => get<Page<DuplicatePair>>("/duplicates", { cursor }, signal),
  dismiss: (id: number) => post<undefined>(`${at("/duplicates", id)}/dismiss`, {}),
};

export const merges = {
  list: (cursor: string | null, signal?: AbortSignal) => get<Page<MergeRow>>("/merges", { cursor }, signal),
  undo: (id: number) => post<Schemas["Undone"]>(`${at("/merges", id)}/undo`, {}),
};

export const exportAddress = (kind: string, format: "csv" | "xlsx", query: Query) => address(at("/exports", kind), { ...query, format });
