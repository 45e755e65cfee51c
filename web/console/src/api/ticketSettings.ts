// The calls by which the house says how its tickets run: what they are about, what is promised, who gets them, what is written with one key.
import { get, patch, post, put, remove } from "./client";
import type { components } from "./schema";
import type { Full } from "./setup";
import type { Page } from "./types";

type Schemas = components["schemas"];

export type Priority = "low" | "normal" | "high" | "urgent";
export type Sharing = Schemas["Sharing"];
export type OwnField = Full<Schemas["FieldRule"]>;
export type FieldChoice = OwnField["choices"][number];
export type CategoryRow = Full<Schemas["CategoryView"]>;
export type CategoryDraft = Full<Schemas["CategoryChange"]>;
export type Escalation = Full<Schemas["EscalationStep"]>;
export type Target = Escalation["target"];
export type PolicyRow = Full<Schemas["PolicyView"]>;
export type PolicyDraft = Full<Schemas["PolicyChange"]>;
export type RuleRow = Full<Schemas["RuleView"]>;
export type RuleDraft = Full<Schemas["RuleChange"]>;
export type TicketQueueRow = Full<Schemas["TicketQueueView"]>;
export type TicketQueueDraft = Omit<TicketQueueRow, "id">;
export type TicketNeed = Full<Schemas["TicketNeed"]>;
export type CapacityRow = Schemas["CapacityView"];
export type GeneralSettings = Schemas["SettingsView"];
export type CannedRow = Omit<Schemas["Canned"], "sharing"> & { sharing: Sharing };
export type CannedDraft = Pick<CannedRow, "title" | "body" | "shortcut" | "sharing" | "team" | "version">;
export type Placeholder = Schemas["Placeholder"];
export type MacroStep = Full<Schemas["MacroView"]["steps"][number]>;
export type MacroRow = Omit<Schemas["MacroView"], "sharing" | "steps"> & { sharing: Sharing; steps: MacroStep[] };
export type MacroDraft = Pick<MacroRow, "title" | "key" | "steps" | "sharing" | "team" | "version">;
export type MailRow = Schemas["MailView"];
export type MailState = "waiting" | "sent" | "dropped" | "dead";

const items = async <T>(path: string): Promise<T[]> => (await get<{ items: T[] }>(path)).items;
const at = (path: string, key: number) => `${path}/${key}`;
/** What is new has no version yet. */
const fresh = <D extends { version: number }>(draft: D): Omit<D, "version"> => Object.fromEntries(Object.entries(draft).filter(([name]) => name !== "version")) as Omit<D, "version">;

function described<Row, Draft extends { version: number }>(path: string, change: typeof put) {
  return {
    list: () => items<Row>(path),
    create: (draft: Draft) => post<Row>(path, fresh(draft)),
    change: (id: number, draft: Draft) => change<Row>(at(path, id), draft),
    remove: (id: number) => remove(at(path, id)),
  };
}
/** Categories are retired, never deleted. */
export const categories = described<CategoryRow, CategoryDraft>("/ticket-categories", put);
export const policies = described<PolicyRow, PolicyDraft>("/sla-policies", put);
export const rules = described<RuleRow, RuleDraft>("/ticket-rules", put);
export const canned = described<CannedRow, CannedDraft>("/canned-responses", patch);
export const macros = described<MacroRow, MacroDraft>("/macros", patch);
export const placeholders = () => items<Placeholder>("/placeholders");

export const ticketQueues = {
  list: () => items<TicketQueueRow>("/ticket-queues"),
  create: (draft: TicketQueueDraft) => post<TicketQueueRow>("/ticket-queues", fresh(draft)),
  change: (id: number, draft: TicketQueueDraft) => put<TicketQueueRow>(at("/ticket-queues", id), draft),
  remove: (id: number) => remove(at("/ticket-queues", id)),
};

export const capacity = {
  list: () => items<CapacityRow>("/ticket-capacity"),
  change: (agent: number, tickets: number) => put<CapacityRow>(at("/ticket-capacity", agent), { tickets }),
};

export const general = {
  read: () => get<GeneralSettings>("/ticket-settings"),
  write: (settings: GeneralSettings) => put<GeneralSettings>("/ticket-settings", settings),
};

export const mails = {
  page: (state: string, cursor: string | null, signal?: AbortSignal) => get<Page<MailRow>>("/mails", { state, cursor }, signal),
  retry: (id: number) => post<MailRow>(`${at("/mails", id)}/retry`),
};
