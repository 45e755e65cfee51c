// What is owed to callers, live, for any part of the page; empty for people who do not handle it.
import { computed, watch } from "vue";

import type { WorkRef } from "@/live/frames";
import { useStream, type LiveStream } from "@/live/live";
import { may } from "@/session";

import { workStream, type Work } from "./stream";

const NOBODY: LiveStream<Work> = { data: computed(() => null), stale: computed(() => null) };

export function useWork(): LiveStream<Work> {
  return may("work.handle") ? useStream(workStream) : NOBODY;
}

/** `told` hears of each change to rows of this kind; of `null` when everything may be other. */
export function useWorkChanges(kind: WorkRef["kind"], told: (changed: readonly WorkRef[] | null) => void): void {
  const { data } = useWork();
  watch(data, (now, before) => {
    if (now === null || before === null) return;
    if (now.round === 0 && now !== before && before.round !== 0) return told(null);
    if (now.round === before.round) return;
    const mine = now.changed.filter((one) => one.kind === kind);
    if (mine.length) told(mine);
  });
}
