// The tabs of work: calls come and go with the live state, customers by hand; drafts keep a tab open.
import { computed, reactive, ref } from "vue";

import { contactOfCall, contactOfPop, type Contact } from "./contact";
import { hasDraft, moveDrafts } from "./drafts";
import type { Me } from "./stream";

export interface CallTab {
  kind: "call";
  key: string;
  contact: Contact;
  /** The server no longer has it; only the unsaved draft keeps it here. */
  gone: boolean;
}
export interface CustomerTab {
  kind: "customer";
  key: string;
  customer: number;
  name: string;
}
export type Tab = CallTab | CustomerTab;

export const callKey = (interaction: string) => `call:${interaction}`;
export const customerKey = (customer: number) => `customer:${customer}`;

/** The tabs after the live state has changed: calls are added and updated, gone ones leave unless kept. */
export function follow(
  tabs: readonly Tab[],
  me: Pick<Me, "pops" | "calls">,
  kept: (key: string) => boolean,
): Tab[] {
  const contacts = new Map<string, Contact>();
  for (const pop of me.pops) contacts.set(callKey(pop.interaction), contactOfPop(pop));
  for (const call of me.calls) contacts.set(callKey(call.interaction), contactOfCall(call));
  const stay = tabs.flatMap((tab): Tab[] => {
    if (tab.kind === "customer") return [tab];
    const contact = contacts.get(tab.key);
    if (contact) return [{ ...tab, contact, gone: false }];
    return kept(tab.key) ? [{ ...tab, gone: true }] : [];
  });
  const open = new Set(stay.map((tab) => tab.key));
  const fresh = me.calls
    .filter((call) => !open.has(callKey(call.interaction)))
    .map((call): Tab => callTab(contactOfCall(call)));
  return [...stay, ...fresh];
}

function callTab(contact: Contact): CallTab {
  return { kind: "call", key: callKey(contact.interaction), contact, gone: false };
}

/** The neighbour that takes the front when the tab at `key` leaves. */
export function neighbour(tabs: readonly Tab[], key: string): string | null {
  const at = tabs.findIndex((tab) => tab.key === key);
  return (tabs[at + 1] ?? tabs[at - 1])?.key ?? null;
}

const state = reactive({ tabs: [] as Tab[], front: null as string | null });
/** Tabs that came while somebody was typing elsewhere, not yet looked at. */
const unseen = ref(new Set<string>());

export const tabs = computed(() => state.tabs);
export const frontTab = computed(() => state.tabs.find((tab) => tab.key === state.front) ?? null);
export const isUnseen = (key: string) => unseen.value.has(key);

export function bringToFront(key: string): void {
  state.front = key;
  unseen.value.delete(key);
}

/** Called with each change of the live state. `typing`: nothing may be taken from under the hands. */
export function followLive(me: Me, typing: boolean): void {
  for (const [from, into] of Object.entries(me.merged)) moveDrafts(callKey(from), callKey(into));
  const before = new Set(state.tabs.map((tab) => tab.key));
  const next = follow(state.tabs, me, hasDraft);
  const fresh = next.filter((tab) => !before.has(tab.key));
  if (state.front !== null && !next.some((tab) => tab.key === state.front)) {
    state.front = neighbour(state.tabs, state.front);
  }
  state.tabs = next;
  for (const tab of fresh) {
    if (typing && state.front !== null) unseen.value.add(tab.key);
    else bringToFront(tab.key);
  }
  if (!next.some((tab) => tab.key === state.front)) state.front = next[0]?.key ?? null;
}

function open(tab: Tab): void {
  if (!state.tabs.some((other) => other.key === tab.key)) state.tabs = [...state.tabs, tab];
  bringToFront(tab.key);
}

export const openContact = (contact: Contact) => open(callTab(contact));

export function openCustomer(customer: number, name: string): void {
  open({ kind: "customer", key: customerKey(customer), customer, name });
}

export function closeTab(key: string): void {
  if (state.front === key) state.front = neighbour(state.tabs, key);
  state.tabs = state.tabs.filter((tab) => tab.key !== key);
}

export function forgetTabs(): void {
  state.tabs = [];
  state.front = null;
  unseen.value.clear();
}
