// One import, followed as long as somebody works on it: each answer waits for news, so nothing is asked over and over.
import { onScopeDispose, ref, shallowRef, watch } from "vue";

import { imports, type ImportJob } from "@/api/transfer";
import { useAsk } from "@/ui/useAsk";

import { RUNNING } from "./words";

const AGAIN = 2000; // ms until a service that is away is asked again

export function useImport(id: () => string) {
  const job = shallowRef<ImportJob | null>(null);
  const error = shallowRef<unknown>(null);
  /** The last answer is not to be had: what is shown may be old. */
  const stale = ref(false);
  let running = new AbortController();

  async function follow(): Promise<void> {
    running.abort();
    const { signal } = (running = new AbortController());
    let seen = 0;
    do {
      try {
        job.value = await imports.read(id(), seen, signal);
        seen = job.value.version;
        stale.value = false;
      } catch (caught) {
        if (signal.aborted) return;
        if (job.value === null) {
          error.value = caught;
          return;
        }
        stale.value = true;
        await new Promise((resolve) => setTimeout(resolve, AGAIN));
      }
    } while (!signal.aborted && job.value !== null && RUNNING.has(job.value.state));
  }
  function reload(): void {
    error.value = null;
    void follow();
  }
  const ask = useAsk(async (action: () => Promise<ImportJob | undefined>) => {
    const answer = await action();
    if (answer) job.value = answer;
    reload();
  });

  watch(id, () => {
    job.value = null;
    reload();
  }, { immediate: true });
  onScopeDispose(() => running.abort());
  return { job, error, stale, reload, step: ask.run, busy: ask.busy, refused: ask.error };
}
