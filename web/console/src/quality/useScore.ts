// One score on its page: read, changed step by step, and its draft kept on the service while one writes.
import { computed, onScopeDispose, ref, shallowRef, watch } from "vue";

import { ApiError } from "@/api/client";
import { scores, type Score, type ScoreContent } from "@/api/quality";
import { copy, same } from "@/ui/form/lists";
import { useAsk } from "@/ui/useAsk";

import { NO_CONTENT, sendable } from "./answers";
import { useScoreNews } from "./news";

const PAUSE = 700; // ms without a change

const theirs = (error: unknown): Score | null => (error instanceof ApiError && error.status === 409 ? ((error.values.now as Score | undefined) ?? null) : null);

export function useScore(id: number) {
  const score = shallowRef<Score | null>(null);
  const content = ref<ScoreContent>(copy(NO_CONTENT));
  const failed = shallowRef<unknown>(null);
  const keptAt = ref<number | null>(null);
  const keeping = ref(false);
  const notKept = shallowRef<unknown>(null);
  /** What another window or another person has made of it meanwhile. */
  const other = shallowRef<Score | null>(null);
  const writes = computed(() => score.value?.possible.includes("submit") ?? false);
  let last: ScoreContent = copy(NO_CONTENT); // as the service has it
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> = Promise.resolve();

  function show(now: Score): void {
    score.value = now;
    last = copy(now.content);
    content.value = copy(now.content);
    other.value = null;
    notKept.value = null;
  }
  async function reload(): Promise<void> {
    failed.value = null;
    try {
      show(await scores.read(id));
    } catch (caught) {
      failed.value = caught;
    }
  }

  async function write(): Promise<void> {
    const now = score.value;
    if (!now || !writes.value || other.value || same(content.value, last)) return;
    const sent = copy(content.value);
    keeping.value = true;
    try {
      const answer = await scores.draft(now, sendable(sent));
      score.value = answer;
      last = sent; // the service may have trimmed it: what one writes stays as it is
      keptAt.value = Date.now() / 1000;
      notKept.value = null;
    } catch (caught) {
      other.value = theirs(caught);
      notKept.value = other.value ? null : caught;
    } finally {
      keeping.value = false;
    }
  }
  /** One after the other: each has to know the version that the one before it made. */
  const keep = (): Promise<void> => (running = running.then(write));

  watch(content, () => {
    if (!writes.value || same(content.value, last)) return;
    clearTimeout(timer);
    timer = setTimeout(() => void keep(), PAUSE);
  }, { deep: true });
  onScopeDispose(() => {
    clearTimeout(timer);
    void keep();
  });

  /** A step of its life; what the service answers is what is shown. */
  const ask = useAsk(async (step: (now: Score) => Promise<Score>): Promise<boolean> => {
    clearTimeout(timer);
    await running;
    if (!score.value) return false;
    try {
      show(await step(score.value));
      return true;
    } catch (caught) {
      other.value = theirs(caught);
      if (other.value) return false;
      throw caught;
    }
  });
  const run = async (step: (now: Score) => Promise<Score>): Promise<boolean> => (await ask.run(step)) ?? false;

  useScoreNews((news) => {
    if (!writes.value && (news === null || (news.score === id && news.state !== score.value?.state))) void reload();
  });
  void reload();
  return {
    score, content, failed, reload, keptAt, keeping, notKept, other, writes, keep, run, busy: ask.busy, error: ask.error,
    unkept: () => writes.value && !same(content.value, last),
    takeOther: () => other.value && show(other.value),
    keepMine(): void {
      if (!other.value) return;
      score.value = other.value;
      last = copy(other.value.content);
      other.value = null;
      void keep();
    },
  };
}

export type ScorePage = ReturnType<typeof useScore>;
