// Opens the pages of other systems that belong to a call, once in a browser, however many tabs there are.
import { computed, onScopeDispose, shallowReactive, shallowRef, watch } from "vue";

import { contactOfCall, contactOfPop, type Contact } from "@/agent/contact";
import { useMe } from "@/agent/useMe";
import { urlPops, type UrlPop } from "@/api/outward";
import { user } from "@/session";

import { isDue, pagesOf, type OpenPage } from "./pages";

const STORED = "callcenter.pages.opened";
const KEPT = 200; // calls whose pages were opened
const FRESH = 60_000; // ms for which the list of pages is taken to be what it is
const CARD = 1_500; // ms that a ringing call may take to be known by name

const pops = shallowRef<UrlPop[]>([]);
let readAt = -FRESH;
/** Pages that the browser did not open by itself. */
export const blocked = shallowReactive(new Set<string>());

export const pagesFor = (contact: Contact): OpenPage[] => pagesOf(contact, pops.value, user.value?.username ?? "");

async function refresh(): Promise<void> {
  if (performance.now() - readAt < FRESH) return;
  readAt = performance.now();
  pops.value = await urlPops.mine().catch(() => pops.value); // what was there stays
}

function opened(): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(STORED) ?? "[]");
    return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

/** Whether this tab is the first one to open it. */
function claim(key: string): boolean {
  const before = opened();
  if (before.includes(key)) return false;
  try {
    localStorage.setItem(STORED, JSON.stringify([...before, key].slice(-KEPT)));
  } catch {
    return true; // nothing can be kept: better twice than never
  }
  return true;
}

function open(page: OpenPage): void {
  if (!claim(page.key)) return;
  const made = window.open(page.url, "_blank");
  if (made === null) blocked.add(page.key);
  else made.opener = null; // that page must not steer this one
}

/** Alone among the tabs of this browser, where the browser knows how. */
function alone(work: () => void): void {
  if ("locks" in navigator) void navigator.locks.request(STORED, work);
  else work();
}

export function usePageOpener(): void {
  const { data } = useMe();
  const contacts = computed(() => [...(data.value?.pops ?? []).map(contactOfPop), ...(data.value?.calls ?? []).map(contactOfCall)]);
  const since = new Map<string, number>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function look(): void {
    clearTimeout(timer);
    const now = performance.now();
    const there = new Set(contacts.value.map((one) => one.interaction));
    for (const key of since.keys()) if (!there.has(key)) since.delete(key);
    for (const contact of contacts.value) {
      if (!since.has(contact.interaction)) since.set(contact.interaction, now);
      const waits = contact.card === null && now - (since.get(contact.interaction) ?? now) < CARD;
      if (waits) timer = setTimeout(look, CARD);
      else alone(() => pagesOf(contact, pops.value.filter((one) => isDue(contact, one)), user.value?.username ?? "").forEach(open));
    }
  }

  watch(
    contacts,
    async (now) => {
      if (now.length > 0) await refresh();
      look();
    },
    { immediate: true },
  );
  void refresh();
  onScopeDispose(() => clearTimeout(timer));
}
