// A list of work that follows what is told of it: rows that are over go, new ones come, the scroll stays.
import { watch } from "vue";

import type { Page } from "@/api/types";
import { usePages } from "@/ui/usePages";

import { useWorkChanges } from "./useWork";
import { isOver } from "./words";

interface Row {
  id: number;
  state: string;
}
type Read<T> = (cursor: string | null, signal: AbortSignal) => Promise<Page<T>>;

export function useWorkList<T extends Row>(kind: "missed" | "callback", question: () => string, wantsOver: () => boolean, read: Read<T>) {
  const pages = usePages<T>(read);
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** The row as it is now; it goes when it no longer belongs here. */
  function put(row: T): void {
    const belongs = isOver(row.state) === wantsOver();
    const rows = pages.items.value;
    pages.items.value = belongs ? rows.map((one) => (one.id === row.id ? row : one)) : rows.filter((one) => one.id !== row.id);
  }

  useWorkChanges(kind, (changed) => {
    if (changed === null) return void pages.restart(false);
    const gone = new Set(changed.filter((one) => isOver(one.state) !== wantsOver()).map((one) => one.id));
    pages.items.value = pages.items.value.filter((one) => !gone.has(one.id));
    void pages.refresh((one) => one.id);
  });
  watch(question, () => {
    clearTimeout(timer);
    timer = setTimeout(() => void pages.restart(true), 150);
  });
  void pages.restart(true);
  return { ...pages, put };
}
