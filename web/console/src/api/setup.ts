// The calls by which administrators describe the house: queues, numbers, calendars, menus, people's work.
import { get, patch, post, put, remove } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];

/** A form holds every field; what the service would fill in by itself is there, too. */
export type Full<T> = T extends (infer E)[] ? Full<E>[] : T extends object ? { [K in keyof T]-?: Full<Exclude<T[K], undefined>> } : T;

export type Warning = Schemas["WarningView"];
export interface Saved<Row> {
  saved: Row;
  warnings: Warning[];
}

export type QueueRow = Full<Schemas["QueueView"]>;
export type QueueDraft = Full<Schemas["NewQueue"]>;
export type Strategy = QueueDraft["strategy"];
export type Need = Full<Schemas["SkillWanted"]>;
export type NextStep = Full<Schemas["NextStep"]>;
export type MenuStep = Full<Schemas["MenuStep"]>;
export type EntryRow = Full<Schemas["EntryView"]>;
export type EntryDraft = Full<Schemas["NewEntry"]>;
export type Rule = EntryDraft["rules"][number];
export type RuleKind = Rule["kind"];
export type Refusal = Extract<Rule, { kind: "block_list" }>["action"];
export type MenuRow = Full<Schemas["MenuView"]>;
export type MenuDraft = Full<Schemas["NewMenu"]>;
export type MenuKey = MenuDraft["menu"]["keys"][number];
export type SkillRow = Schemas["SkillView"];
export type SkillDraft = Full<Schemas["NewSkill"]>;
export type CalendarRow = Full<Schemas["CalendarView"]>;
export type CalendarDraft = Full<Schemas["NewCalendar"]>;
export type Week = CalendarDraft["week"];
export type Hours = Week["monday"][number];
export type Country = Schemas["Country"];
export type WordRow = Schemas["WordView"];
export type AgentRow = Schemas["AgentView"];
export type PromptRow = Schemas["PromptView"];

const read = <T>(path: string) => async (): Promise<T[]> => (await get<{ items: T[] }>(path)).items;
const at = (path: string, key: string | number) => `${path}/${encodeURIComponent(key)}`;
/** What is answered without warnings has none. */
const unwarned = <Row>(saved: Row): Saved<Row> => ({ saved, warnings: [] });

export const queuesSetup = {
  list: read<QueueRow>("/queues"),
  create: (queue: QueueDraft) => post<Saved<QueueRow>>("/queues", queue),
  change: (id: number, queue: Omit<QueueDraft, "name" | "pbx">) => put<Saved<QueueRow>>(at("/queues", id), queue),
  remove: (id: number) => remove(at("/queues", id)),
};

export const entriesSetup = {
  list: read<EntryRow>("/entry-points"),
  create: (entry: EntryDraft) => post<Saved<EntryRow>>("/entry-points", entry),
  change: (id: number, entry: Omit<EntryDraft, "pbx">) => put<Saved<EntryRow>>(at("/entry-points", id), entry),
  remove: (id: number) => remove(at("/entry-points", id)),
};

export const menusSetup = {
  list: read<MenuRow>("/menus"),
  create: (menu: MenuDraft) => post<Saved<MenuRow>>("/menus", menu),
  change: (name: string, menu: Omit<MenuDraft, "name">) => put<Saved<MenuRow>>(at("/menus", name), menu),
  remove: (name: string) => remove(at("/menus", name)),
};

export const calendarsSetup = {
  list: read<CalendarRow>("/calendars"),
  countries: read<Country>("/holiday-countries"),
  create: (calendar: CalendarDraft) => post<Saved<CalendarRow>>("/calendars", calendar),
  change: (name: string, calendar: Omit<CalendarDraft, "name">) => put<Saved<CalendarRow>>(at("/calendars", name), calendar),
  remove: (name: string) => remove(at("/calendars", name)),
};

export const skillsSetup = {
  list: read<SkillRow>("/skills"),
  create: async (skill: SkillDraft) => unwarned(await post<SkillRow>("/skills", skill)),
  change: async (name: string, label: string) => unwarned(await put<SkillRow>(at("/skills", name), { label })),
  remove: (name: string) => remove(at("/skills", name)),
};

const words = (path: string) => ({
  list: read<WordRow>(path),
  create: async (word: WordRow) => unwarned(await post<WordRow>(path, word)),
  change: async (name: string, word: Omit<WordRow, "name">) => unwarned(await put<WordRow>(at(path, name), word)),
  remove: (name: string) => remove(at(path, name)),
});
export const dispositionsSetup = words("/dispositions");
export const pauseReasonsSetup = words("/pause-reasons");

export const agentsSetup = {
  list: read<AgentRow>("/agents"),
  change: async (id: number, work: Pick<AgentRow, "queues" | "skills" | "rank">) => unwarned(await patch<AgentRow>(at("/agents", id), work)),
};

export type AgentDraft = Pick<AgentRow, "name" | "user" | "active"> & { interfaces: { interface: string }[] };
/** Who takes calls, by which sign-in and on which telephones. */
export const agentPeople = {
  list: read<AgentRow>("/agents"),
  create: ({ name, user, interfaces }: AgentDraft) => post<AgentRow>("/agents", { name, user, interfaces }),
  change: (id: number, draft: AgentDraft) => patch<AgentRow>(at("/agents", id), draft),
};

export const promptsSetup = { list: read<PromptRow>("/prompts") };
