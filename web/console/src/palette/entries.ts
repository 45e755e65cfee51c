// What the palette lists: where one can go, then what was found, in groups; pure.
import type { RouteLocationRaw } from "vue-router";

import type { Found } from "@/api/search";
import type { Key } from "@/i18n";
import type { IconName } from "@/ui/icons";

export interface Entry {
  key: string;
  icon: IconName;
  title: string;
  more: string;
  to: RouteLocationRaw;
}
export interface Group {
  name: string;
  text: Key;
  entries: Entry[];
}

/** Words in any order, each somewhere in the title. */
export function matches(title: string, typed: string): boolean {
  const text = title.toLocaleLowerCase();
  return typed.toLocaleLowerCase().split(/\s+/).filter(Boolean).every((word) => text.includes(word));
}

const together = (...parts: (string | null)[]) => parts.filter(Boolean).join(" · ");

/** `ticket`: where a ticket is to be seen; none where there is no page for it. */
export function foundGroups(found: Partial<Found>, ticket: (id: number) => RouteLocationRaw | null): Group[] {
  const page = (id: number): RouteLocationRaw => ({ name: "customer", params: { id } });
  const customers = (found.customers ?? []).map((one): Entry => ({ key: `customer-${one.id}`, icon: one.kind === "company" ? "people" : "person", title: one.name, more: together(one.matched === one.name ? null : one.matched, one.number === one.matched ? null : one.number, one.owner), to: page(one.id) }));
  const contacts = (found.contacts ?? []).map((one): Entry => ({ key: `contact-${one.id}`, icon: "person", title: one.name, more: together(one.role, one.customer_name), to: page(one.customer) }));
  const tickets = (found.tickets ?? []).map((one): Entry => ({ key: `ticket-${one.id}`, icon: "ticket", title: `${one.number} ${one.title}`, more: together(one.customer_name, one.matched === one.title ? null : one.matched), to: ticket(one.id) ?? page(one.customer) }));
  const groups: Group[] = [
    { name: "customers", text: "palette.customers", entries: customers },
    { name: "contacts", text: "palette.contacts", entries: contacts },
    { name: "tickets", text: "palette.tickets", entries: tickets },
  ];
  return groups.filter((one) => one.entries.length > 0);
}

/** The place of the entry that is `by` further on, over all groups and round the end. */
export const stepped = (at: number, by: number, length: number): number => (length === 0 ? 0 : (at + by + length) % length);
