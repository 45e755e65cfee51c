// Words and people of the house that change rarely: read when needed, at most once a minute.
import { shallowRef, type ShallowRef } from "vue";

import { house } from "@/api/calls";
import { useLanguage, useText } from "@/i18n";
import type { NamedWord } from "@/api/types";

import { OUR_REASONS } from "./words";

const FRESH = 60_000; // ms

interface Kept<T> {
  rows: ShallowRef<readonly T[]>;
  error: ShallowRef<unknown>;
  need: () => Promise<void>;
}

function kept<T>(read: () => Promise<T[]>): Kept<T> {
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
  return { rows, error, need };
}

const offered = (words: NamedWord[]) => words.filter((one) => one.active).sort((a, b) => a.position - b.position);

export const pauseReasons = kept(async () => offered(await house.pauseReasons()));
export const dispositions = kept(async () => offered(await house.dispositions()));
export const queues = kept(house.queues);
export const colleagues = kept(async () => (await house.agents()).filter((one) => one.active));

/** A word of the house in the reader's language; as it is named when nobody gave it one. */
export function useWords() {
  const language = useLanguage();
  return (word: NamedWord): string => word[language.value] || word.name;
}

/** A reason for not being ready: one of the service's own, one of the house, or as it was written. */
export function useReason() {
  const { t } = useText();
  const word = useWords();
  return (name: string): string => {
    const ours = OUR_REASONS[name];
    if (ours) return t(ours);
    const known = pauseReasons.rows.value.find((one) => one.name === name);
    return known ? word(known) : name;
  };
}
