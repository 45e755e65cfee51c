// One simulation at a time: started, followed until it is over, cancelled when nobody looks any more.
import { computed, onScopeDispose, ref, shallowRef } from "vue";

import { simulations } from "@/api/calls";
import { ApiError } from "@/api/client";
import type { NewSimulation, SimulationView } from "@/api/types";

const OVER = new Set(["done", "failed", "cancelled"]);

const AGAIN = 1000; // ms after a question that did not reach the service

/** What a moment's patience may mend: it is computed on the other side all the same. */
function passing(caught: unknown): null {
  if (caught instanceof ApiError && (caught.status === 0 || caught.status >= 500)) return null;
  throw caught;
}

export function useSimulation() {
  const view = shallowRef<SimulationView | null>(null);
  const error = shallowRef<unknown>(null);
  const asked = ref(false);
  const running = computed(() => asked.value || (view.value !== null && !OVER.has(view.value.state)));
  let looking: AbortController | null = null;
  let calledOff = false; // before we knew by which name

  async function run(wish: NewSimulation): Promise<void> {
    looking?.abort();
    const mine = (looking = new AbortController());
    asked.value = true;
    calledOff = false;
    error.value = null;
    try {
      const begun = await simulations.start(wish);
      if (mine !== looking) return await stop(begun.id);
      view.value = begun;
      asked.value = false;
      if (calledOff) await stop(begun.id);
      await follow(mine);
    } catch (caught) {
      if (mine === looking && !mine.signal.aborted) fail(caught);
    } finally {
      if (mine === looking) asked.value = false;
    }
  }

  /** Each question is answered when there is news, so nothing is asked in vain. */
  async function follow(mine: AbortController): Promise<void> {
    while (mine === looking && !mine.signal.aborted && view.value && !OVER.has(view.value.state)) {
      const { id, version } = view.value;
      const news = await simulations.read(id, version, mine.signal).catch(passing);
      if (mine !== looking) return;
      if (news) view.value = news;
      else await new Promise((done) => setTimeout(done, AGAIN));
    }
  }

  function fail(caught: unknown): void {
    error.value = caught;
    view.value = null;
  }

  async function cancel(): Promise<void> {
    calledOff = asked.value;
    if (calledOff) return; // what is shown still is the one before
    if (view.value && running.value) await stop(view.value.id);
  }

  async function stop(id: string): Promise<void> {
    await simulations.cancel(id).catch(() => undefined);
  }

  /** What was shown belongs to something else. */
  function forget(): void {
    void cancel();
    looking?.abort();
    looking = null;
    view.value = null;
    error.value = null;
    asked.value = false;
  }

  onScopeDispose(forget);
  return { view, error, running, run, cancel, forget };
}
