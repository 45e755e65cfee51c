// The calls about quality: sheets and samples, what is to be scored, scores with their disputes, trends.
import { get, post, put, remove, type Query } from "./client";
import type { components } from "./schema";
import type { Full } from "./setup";
import type { Page } from "./types";

type Schemas = components["schemas"];

export type ScoreRow = Schemas["ScoreRow"];
export type Score = Full<Schemas["ScoreView"]>;
export type ScoreState = Schemas["ScoreState"];
export type ScoreStep = Schemas["ScoreStep"];
export type ScoreContent = Full<Schemas["ScoreContent"]>;
export type Answer = Full<Schemas["Answer"]>;
export type Remark = Schemas["Remark"];
export type Question = Full<Schemas["Question"]>;
export type QuestionKind = Schemas["QuestionKind"];
export type SheetContent = Full<Schemas["SheetContent"]>;
export type SheetRow = Full<Schemas["SheetView"]>;
export type SheetDraft = Full<Schemas["SheetChange"]>;
export type SheetVersion = Full<Schemas["VersionView"]>;
export type SampleRuleRow = Full<Schemas["SampleRuleView"]>;
export type SampleRuleDraft = Full<Schemas["SampleRuleChange"]>;
export type Direction = SampleRuleRow["directions"][number];
export type QualityCounts = Schemas["CountsView"];
export type Trend = Schemas["TrendView"];
export type TrendPoint = Schemas["TrendPoint"];

const ROOT = "/quality";
const items = async <T>(path: string): Promise<T[]> => (await get<{ items: T[] }>(path)).items;
/** What is new has no version yet. */
const fresh = <D extends { version: number }>(draft: D): Omit<D, "version"> => Object.fromEntries(Object.entries(draft).filter(([name]) => name !== "version")) as Omit<D, "version">;

export const sheets = {
  list: () => items<SheetRow>(`${ROOT}/sheets`),
  create: (draft: SheetDraft) => post<SheetRow>(`${ROOT}/sheets`, fresh(draft)),
  change: (id: number, draft: SheetDraft) => put<SheetRow>(`${ROOT}/sheets/${id}`, draft),
  versions: (id: number) => items<SheetVersion>(`${ROOT}/sheets/${id}/versions`),
};

export const evaluators = () => items<Schemas["NamedRef"]>(`${ROOT}/evaluators`);

export const sampleRules = {
  list: () => items<SampleRuleRow>(`${ROOT}/sampling-rules`),
  create: (draft: SampleRuleDraft) => post<SampleRuleRow>(`${ROOT}/sampling-rules`, fresh(draft)),
  change: (id: number, draft: SampleRuleDraft) => put<SampleRuleRow>(`${ROOT}/sampling-rules/${id}`, draft),
  remove: (id: number) => remove(`${ROOT}/sampling-rules/${id}`),
  run: (id: number) => post<{ given: number }>(`${ROOT}/sampling-rules/${id}/run`),
};

const one = (id: number) => `${ROOT}/scores/${id}`;
type Versioned = Pick<ScoreRow, "id" | "version">;
const step = <B extends object>(name: string) => ({ id, version }: Versioned, body: B) => post<Score>(`${one(id)}/${name}`, { ...body, version });

export const scores = {
  work: (query: Query, cursor: string | null, signal?: AbortSignal) => get<Page<ScoreRow>>(`${ROOT}/work`, { ...query, cursor }, signal),
  results: (query: Query, cursor: string | null, signal?: AbortSignal) => get<Page<ScoreRow>>(`${ROOT}/scores`, { ...query, cursor }, signal),
  counts: () => get<QualityCounts>(`${ROOT}/counts`),
  trend: (query: Query) => get<Trend>(`${ROOT}/trend`, query),
  read: (id: number) => get<Score>(one(id)),
  open: (recording: string, sheet: number) => post<Score>(`${ROOT}/scores`, { recording, sheet }),
  draft: ({ id, version }: Versioned, content: ScoreContent) => put<Score>(`${one(id)}/draft`, { ...content, version }),
  submit: step<ScoreContent>("submit"),
  assign: step<{ evaluator: number | null }>("assign"),
  drop: step<{ reason: string }>("drop"),
  acknowledge: step<object>("acknowledge"),
  dispute: step<{ text: string }>("dispute"),
  decide: step<{ decision: "uphold" | "change"; reason: string; content: ScoreContent | null }>("decide"),
};
