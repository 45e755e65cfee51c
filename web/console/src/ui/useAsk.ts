// One thing asked of the service: whether it is under way and what went wrong. Never both, never twice at once.
import { ref, shallowRef, type Ref, type ShallowRef } from "vue";

export interface Ask<A extends unknown[], T> {
  /** Undefined when it failed, or when the same is already under way. */
  run: (...args: A) => Promise<T | undefined>;
  busy: Ref<boolean>;
  error: ShallowRef<unknown>;
}

export function useAsk<A extends unknown[], T>(action: (...args: A) => Promise<T>): Ask<A, T> {
  const busy = ref(false);
  const error = shallowRef<unknown>(null);
  async function run(...args: A): Promise<T | undefined> {
    if (busy.value) return undefined;
    busy.value = true;
    error.value = null;
    try {
      return await action(...args);
    } catch (caught) {
      error.value = caught;
      return undefined;
    } finally {
      busy.value = false;
    }
  }
  return { run, busy, error };
}
