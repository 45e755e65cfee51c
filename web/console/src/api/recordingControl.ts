// Recording of my calls that go on, and the rules by which calls are recorded.
import { get, post, put, remove } from "./client";
import type { components } from "./schema";
import type { Full, Saved } from "./setup";

type Schemas = components["schemas"];
export type RecordingRow = Full<Schemas["RecordingRuleView"]>;
export type RecordingDraft = Omit<RecordingRow, "id" | "position" | "version"> & { position: number | null; version: number | null };

const of = (id: string) => `/calls/${encodeURIComponent(id)}/recording`;

export const recordingControl = {
  start: (id: string) => post<unknown>(`${of(id)}/start`),
  stop: (id: string) => post<unknown>(`${of(id)}/stop`),
  pause: (id: string) => post<unknown>(`${of(id)}/pause`, { source: "agent" }),
  resume: (id: string) => post<unknown>(`${of(id)}/resume`),
};

const RULES = "/recording-rules";

export const recordingRules = {
  list: async () => (await get<{ items: RecordingRow[] }>(RULES)).items,
  create: (draft: RecordingDraft) => post<Saved<RecordingRow>>(RULES, draft),
  change: (id: number, draft: RecordingDraft) => put<Saved<RecordingRow>>(`${RULES}/${String(id)}`, draft),
  remove: (id: number) => remove(`${RULES}/${String(id)}`),
};
