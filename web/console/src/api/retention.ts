// How long recordings stay, what holds them, and persons who are erased.
import { get, post, put, remove } from "./client";
import type { components } from "./schema";
import type { Full } from "./setup";

type Schemas = components["schemas"];
export type PolicyRow = Full<Schemas["Policy"]>;
export type PolicyDraft = Pick<PolicyRow, "name" | "active" | "queue" | "level" | "days"> & { version: number | null };
export type DryRun = Full<Schemas["RetentionDryRunView"]>;
export type HoldRow = Full<Schemas["Hold"]>;
export type HoldKind = HoldRow["kind"];
export type FoundPerson = Full<Schemas["FoundView"]>;
export type ErasureRow = Full<Schemas["ErasureView"]>;
export type Reconciliation = Full<Schemas["ReconciliationView"]>;
export interface Who {
  customer?: number;
  contact?: number;
  number?: string;
}

const POLICIES = "/retention/policies";
const HOLDS = "/retention/holds";

export const retention = {
  list: async () => (await get<{ items: PolicyRow[] }>(POLICIES)).items,
  create: (draft: PolicyDraft) => post<PolicyRow>(POLICIES, { ...draft, version: null }),
  change: (id: number, draft: PolicyDraft) => put<PolicyRow>(`${POLICIES}/${String(id)}`, draft),
  remove: (id: number) => remove(`${POLICIES}/${String(id)}`),
  order: (ids: number[]) => put<unknown>("/retention/order", { order: ids }),
  dryRun: () => get<DryRun>("/retention/dry-run"),
};

export const holds = {
  list: async () => (await get<{ items: HoldRow[] }>(HOLDS)).items,
  place: (kind: HoldKind, object: string, reason: string) => post<HoldRow>(HOLDS, { kind, object, reason }),
  release: (id: number) => post<HoldRow>(`${HOLDS}/${String(id)}/release`),
};

export const erasures = {
  find: (who: Who) => post<FoundPerson>("/erasures/find", who),
  erase: (who: Who, reason: string) => post<ErasureRow>("/erasures", { ...who, reason, confirmed: true }),
  list: async () => (await get<{ items: ErasureRow[] }>("/erasures")).items,
};

export const reconciliation = {
  read: () => get<Reconciliation>("/reconciliation"),
  start: () => post<Reconciliation>("/reconciliation"),
};
