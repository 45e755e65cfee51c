// Words and people of the house that change rarely.
import { house } from "@/api/calls";
import { useLanguage, useText } from "@/i18n";
import type { NamedWord } from "@/api/types";
import { kept } from "@/ui/kept";

import { OUR_REASONS } from "./words";

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
