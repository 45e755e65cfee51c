// Where a person can go, by their rights: for the rail at the left and for the palette.
import { computed, type ComputedRef } from "vue";
import type { RouteLocationRaw } from "vue-router";

import type { Key } from "@/i18n";
import { agent, may, type Right } from "@/session";
import type { IconName } from "@/ui/icons";

export interface Way {
  key: string;
  to: RouteLocationRaw;
  icon: IconName;
  text: Key;
  open: () => boolean;
}

const anyOf = (...rights: Right[]) => () => rights.some(may);
export const ADMIN_RIGHTS: readonly Right[] = ["user.manage", "agent.manage", "role.manage", "team.manage", "crm.configure", "recording.configure", "audit.read", "webhook.manage"];

/** Whoever works tickets has texts and macros of their own there. */
export const SETTINGS_RIGHTS: readonly Right[] = ["ticket.configure", "ticket.write"];

/** In the rail. */
const MAIN: Way[] = [
  { key: "work", to: { name: "work" }, icon: "phone", text: "nav.work", open: () => agent.value !== null },
  { key: "customers", to: { name: "customers" }, icon: "people", text: "nav.customers", open: anyOf("customer.read") },
  { key: "tickets", to: { name: "tickets" }, icon: "ticket", text: "nav.tickets", open: anyOf("ticket.read") },
  { key: "missed", to: { name: "missed" }, icon: "phoneMissed", text: "nav.missed", open: anyOf("work.handle") },
  { key: "library", to: { name: "library" }, icon: "tape", text: "nav.library", open: anyOf("recording.read") },
  { key: "board", to: { name: "board" }, icon: "board", text: "nav.board", open: anyOf("board.read") },
  { key: "quality", to: { name: "quality" }, icon: "done", text: "nav.quality", open: anyOf("quality.read") },
  { key: "reports", to: { name: "reports" }, icon: "columns", text: "nav.reports", open: anyOf("report.read") },
  { key: "whatif", to: { name: "whatif" }, icon: "branch", text: "nav.whatif", open: anyOf("queue.simulate") },
  { key: "routing", to: { name: "routing" }, icon: "settings", text: "nav.routing", open: anyOf("queue.manage") },
  { key: "ticket-settings", to: { name: "ticket-settings" }, icon: "tag", text: "nav.ticketSettings", open: anyOf(...SETTINGS_RIGHTS) },
  { key: "admin", to: { name: "admin" }, icon: "shield", text: "nav.admin", open: anyOf(...ADMIN_RIGHTS) },
];
/** From the palette only: they are a click away from a page of the rail. */
const MORE: Way[] = [
  { key: "customer-new", to: { name: "customer-new" }, icon: "personPlus", text: "customer.new", open: anyOf("customer.write") },
  { key: "import", to: { name: "import" }, icon: "upload", text: "import.title", open: anyOf("customer.import") },
  { key: "duplicates", to: { name: "duplicates" }, icon: "merge", text: "dup.report", open: anyOf("customer.merge") },
  { key: "account", to: { name: "account" }, icon: "person", text: "account.title", open: () => true },
];

export const useRail = (): ComputedRef<Way[]> => computed(() => MAIN.filter((way) => way.open()));
export const useWays = (): ComputedRef<Way[]> => computed(() => [...MAIN, ...MORE].filter((way) => way.open()));
