// The steps that ask for something, and what links and fields are called.
import type { Key } from "@/i18n";

export const DIALOGS = { assign: "tk.assign", pend: "tk.pend", resolve: "tk.resolve", merge: "tk.merge", link: "tk.link", split: "tk.split" } as const satisfies Record<string, Key>;
export type DialogName = keyof typeof DIALOGS;
export const asksFirst = (name: string): name is DialogName => Object.hasOwn(DIALOGS, name);

/** `to`: what this ticket is to the other; `from`: seen from the other. */
export const LINKS = {
  related: { to: "link.related", from: "link.related" },
  duplicate: { to: "link.duplicate", from: "link.duplicated" },
  follow_up: { to: "link.followUp", from: "link.followed" },
  split: { to: "link.split", from: "link.splitInto" },
} as const satisfies Record<string, { to: Key; from: Key }>;
export const linkText = (kind: string, outward: boolean): Key => (Object.hasOwn(LINKS, kind) ? LINKS[kind as keyof typeof LINKS][outward ? "to" : "from"] : "link.related");

const FIELDS: Record<string, Key> = {
  title: "ticket.title",
  description: "ticket.text",
  priority: "tk.priority",
  category: "tk.category",
  category_id: "tk.category",
  fields: "customer.fields",
  customer: "tk.customer",
  customer_id: "tk.customer",
  status: "tk.status",
  owner: "tk.owner",
  owner_id: "tk.owner",
  team: "customer.team",
  team_id: "customer.team",
  solution: "tk.solution",
  reason: "tk.reason",
  pending_reason: "tk.reason",
  wake_at: "tk.wakeAt",
  merged_into: "tk.merge",
  tags: "customer.tags",
};
export const fieldTitle = (name: string): Key => (Object.hasOwn(FIELDS, name) ? (FIELDS[name] as Key) : "tk.otherField");

/** What an event of the history is called. */
const EVENTS: Record<string, Key> = {
  created: "ev.created",
  edited: "ev.edited",
  assign: "ev.assign",
  unassign: "ev.unassign",
  start: "ev.start",
  pend: "ev.pend",
  wake: "ev.wake",
  resolve: "ev.resolve",
  ask: "ev.ask",
  rate: "ev.rate",
  reopen: "ev.reopen",
  reopen_unassigned: "ev.reopen",
  archive: "ev.archive",
  merge: "ev.merge",
  reply: "ev.reply",
  customer_reply: "ev.customerReply",
  note: "ev.note",
  call: "ev.call",
  watched: "ev.watched",
  unwatched: "ev.unwatched",
  linked: "ev.linked",
  unlinked: "ev.unlinked",
  merged_here: "ev.mergedHere",
  led_on: "ev.ledOn",
  split: "ev.split",
  escalated: "ev.escalated",
  attached: "ev.attached",
  detached: "ev.detached",
};
export const eventText = (kind: string): Key => (Object.hasOwn(EVENTS, kind) ? (EVENTS[kind] as Key) : "ev.other");

/** Who did it, when it was no person. */
export const ACTORS: Record<string, Key> = { customer: "tk.byCustomer", rule: "tk.byRule", sla: "tk.bySla", clock: "tk.byClock" };
