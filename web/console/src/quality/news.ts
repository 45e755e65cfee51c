// What becomes of scores of my calls, live: whoever shows them reads them again.
import { watch } from "vue";

import { useMe } from "@/agent/useMe";
import type { ScoreRef } from "@/live/frames";

/** `told` hears of each change, and after a time without connection of nothing but that. */
export function useScoreNews(told: (score: ScoreRef | null) => void): void {
  const { data, stale } = useMe();
  watch(() => data.value?.score ?? null, (now, before) => now !== null && (now.score !== before?.score || now.state !== before.state || now.at !== before.at) && told(now));
  watch(stale, (now, before) => now === null && before !== null && told(null));
}
