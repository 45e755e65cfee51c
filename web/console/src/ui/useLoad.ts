// Something read from the service for what is shown now; an answer for what was shown before is dropped.
import { shallowRef, watch, type ShallowRef } from "vue";

import { whenBack } from "./whenBack";

export interface Load<T> {
  data: ShallowRef<T | null>;
  error: ShallowRef<unknown>;
  /** Read again; what is there stays until the answer comes. */
  reload: () => Promise<void>;
}

export function useLoad<K, T>(key: () => K | null, read: (key: K) => Promise<T>): Load<T> {
  const data = shallowRef<T | null>(null);
  const error = shallowRef<unknown>(null);
  let round = 0;

  async function reload(): Promise<void> {
    const wanted = key();
    const mine = ++round;
    error.value = null;
    if (wanted === null) return;
    try {
      const answer = await read(wanted);
      if (mine === round) data.value = answer;
    } catch (caught) {
      if (mine === round) error.value = caught;
    }
  }

  watch(
    key,
    () => {
      data.value = null;
      void reload();
    },
    { immediate: true },
  );
  whenBack(error, reload);
  return { data, error, reload };
}
