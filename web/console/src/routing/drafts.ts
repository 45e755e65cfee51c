// What a new thing starts as, with the service's own defaults; pure.
import type { CalendarDraft, EntryDraft, MenuDraft, MenuKey, NextStep, QueueDraft, Rule, RuleKind, WordRow } from "@/api/setup";

export const voicemail = (): NextStep => ({ kind: "voicemail", target: null });

export const newQueue = (): QueueDraft => ({
  name: "",
  pbx: null,
  ours: true,
  label: "",
  weight: 1,
  priority: 0,
  strategy: "longest_idle",
  ring_seconds: 20,
  wrap_up_seconds: 30,
  wrap_up_extend: 120,
  rona_limit: 2,
  required: [],
  preferred: [],
  calendar: null,
  max_waiting: null,
  max_wait: null,
  music: "default",
  announce_every: 60,
  announce_position: true,
  announce_wait: true,
  exit_key: null,
  callback_key: null,
  when_closed: voicemail(),
  when_full: voicemail(),
  when_timed_out: voicemail(),
  when_empty: voicemail(),
  when_key: voicemail(),
  dispositions: [],
  disposition_required: false,
  ask_satisfaction: false,
  service_level: 20,
  short_abandon: 5,
});

export const newEntry = (): EntryDraft => ({ number: "", name: "", queue: "", rules: [], menu: null, pbx: null });

const RULES: { [K in RuleKind]: () => Extract<Rule, { kind: K }> } = {
  block_list: () => ({ kind: "block_list", numbers: [], withheld: false, action: "reject" }),
  calendar: () => ({ kind: "calendar", calendar: "", when_closed: voicemail() }),
  direct_agent: () => ({ kind: "direct_agent", numbers: [], wait: 60 }),
  customer_level: () => ({ kind: "customer_level", levels: [] }),
  language: () => ({ kind: "language", languages: [], required: true, after: null }),
  account_number: () => ({ kind: "account_number", prompt: "", wrong: null, digits: 10, seconds: 5, tries: 2 }),
  ticket_owner: () => ({ kind: "ticket_owner", wait: 30 }),
  account_manager: () => ({ kind: "account_manager", wait: 30 }),
  last_agent: () => ({ kind: "last_agent", days: 7, wait: 20 }),
  announcement: () => ({ kind: "announcement", prompt: "" }),
};
export const newRule = (kind: RuleKind): Rule => RULES[kind]();

const DAY = () => [{ begin: "09:00", end: "18:00" }];

export const newCalendar = (zone: string): CalendarDraft => ({
  name: "",
  label: "",
  zone,
  week: { monday: DAY(), tuesday: DAY(), wednesday: DAY(), thursday: DAY(), friday: DAY(), saturday: [], sunday: [] },
  holidays: null,
  region: null,
  makeup: null,
  days: [],
});

export const newMenuKey = (key: string): MenuKey => ({ key, step: { kind: "queue", target: null }, priority: 0, required: [], language: null });

export const newMenu = (): MenuDraft => ({
  name: "",
  label: "",
  menu: { prompt: "", keys: [newMenuKey("1")], wrong: null, seconds: 5, retries: 2, otherwise: null },
});

export const newWord = (position: number): WordRow => ({ name: "", zh: "", en: "", position, active: true });
