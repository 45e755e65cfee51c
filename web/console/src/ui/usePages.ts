// A list that comes in pages and grows as one scrolls; a new question drops the answers to the old one.
import { computed, onScopeDispose, ref, shallowRef } from "vue";

import type { Page } from "@/api/types";

import { whenBack } from "./whenBack";

type Read<T> = (cursor: string | null, signal: AbortSignal) => Promise<Page<T>>;

export function usePages<T>(read: Read<T>) {
  const items = shallowRef<T[]>([]);
  const next = ref<string | null>(null);
  const busy = ref(false);
  const loaded = ref(false);
  const error = shallowRef<unknown>(null);
  let running = new AbortController();

  async function fetchPage(cursor: string | null, fold: (page: Page<T>) => T[]): Promise<void> {
    running.abort();
    const { signal } = (running = new AbortController());
    busy.value = true;
    error.value = null;
    try {
      const page = await read(cursor, signal);
      if (signal.aborted) return;
      items.value = fold(page);
      next.value = page.next;
      loaded.value = true;
    } catch (caught) {
      if (!signal.aborted) error.value = caught;
    } finally {
      if (!signal.aborted) busy.value = false;
    }
  }

  /** From the start; what is shown stays until the answer comes, unless it answers another question. */
  async function restart(clear: boolean): Promise<void> {
    if (clear) {
      items.value = [];
      loaded.value = false;
    }
    await fetchPage(null, (page) => page.items);
  }

  async function more(): Promise<void> {
    if (busy.value || next.value === null || error.value !== null) return;
    await fetchPage(next.value, (page) => [...items.value, ...page.items]);
  }

  /** What is new at the top, without losing the older pages that somebody has scrolled to. */
  async function refresh(key: (item: T) => unknown): Promise<void> {
    if (busy.value || !loaded.value) return restart(false);
    const page = await read(null, running.signal).catch(() => null); // what is shown stays true
    if (page === null || running.signal.aborted) return;
    const known = new Set(page.items.map(key));
    const older = items.value.filter((item) => !known.has(key(item)));
    items.value = [...page.items, ...older];
    if (older.length === 0) next.value = page.next;
  }

  /** After a failure: the page that failed, or the list from its start. */
  async function retry(): Promise<void> {
    error.value = null;
    await (items.value.length > 0 && next.value !== null ? more() : restart(false));
  }

  whenBack(error, retry);
  onScopeDispose(() => running.abort());
  const empty = computed(() => loaded.value && items.value.length === 0);
  return { items, next, busy, loaded, empty, error, restart, refresh, more, retry };
}
