// Why two customers may be one, in words; a reason that is not known here is shown by its own name.
import type { DuplicateReason } from "@/api/crm";
import { useText } from "@/i18n";

import { REASONS } from "./words";

/** A name says itself: it stands beside. */
const NAMES = new Set(["same_name", "similar_name"]);

export function useReasons() {
  const { t } = useText();
  const word = (why: string) => (REASONS[why] ? t(REASONS[why]) : why);
  return (reasons: readonly DuplicateReason[]): string => reasons.map(({ why, value }) => (NAMES.has(why) ? word(why) : `${word(why)} (${value})`)).join(" · ");
}
