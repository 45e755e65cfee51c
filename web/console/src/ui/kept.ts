// What changes rarely and many ask for: read when needed, at most once a minute.
import { shallowRef, type ShallowRef } from "vue";

import { whenBack } from "./whenBack";

const FRESH = 60_000; // ms

export interface Kept<T> {
  rows: ShallowRef<readonly T[]>;
  error: ShallowRef<unknown>;
  need: () => Promise<void>;
  /** The next one who needs it reads again. */
  forget: () => void;
}

export function kept<T>(read: () => Promise<T[]>): Kept<T> {
  const rows = shallowRef<readonly T[]>([]);
  const error = shallowRef<unknown>(null);
  let readAt = -Infinity;
  async function need(): Promise<void> {
    if (performance.now() - readAt < FRESH) return;
    readAt = performance.now();
    error.value = null;
    try {
      rows.value = await read();
    } catch (caught) {
      error.value = caught; // what was read before is still shown
      readAt = -Infinity;
    }
  }
  whenBack(error, need);
  return { rows, error, need, forget: () => (readAt = -Infinity) };
}
