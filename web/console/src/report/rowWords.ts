// What a row behind a figure says, as keys of texts: its result, by what the rows are, and its lengths. Pure.
import type { Key } from "@/i18n";
import { AGENT } from "@/phone/words";
import { STATES } from "@/quality/words";
import { STATUS_TEXT } from "@/ticket/words";
import { CALLBACK_STATES, resultKey } from "@/work/words";

export const LENGTHS = ["wait", "ring", "talk", "hold", "wrap_up", "length"] as const;
export type Length = (typeof LENGTHS)[number];
export const LENGTH_TEXT: Record<Length, Key> = {
  wait: "report.rows.wait",
  ring: "report.rows.ring",
  talk: "report.rows.talk",
  hold: "report.rows.hold",
  wrap_up: "report.rows.wrapUp",
  length: "report.rows.length",
};

const ENTRIES: Record<string, Key> = {
  answered: "report.rows.answered",
  abandoned: "report.rows.abandoned",
  timed_out: "report.rows.timedOut",
  empty: "report.rows.empty",
  key_exit: "report.rows.keyExit",
  withdrawn: "report.rows.withdrawn",
  callback: "report.rows.callback",
  overflow: "report.rows.overflow",
  lost: "report.rows.lost",
};
const OFFERS: Record<string, Key> = {
  answered: "report.rows.answered",
  rejected: "report.rows.rejected",
  busy: "report.rows.busy",
  timed_out: "report.rows.rangOut",
  caller_gone: "report.rows.callerGone",
  answered_elsewhere: "report.rows.elsewhere",
  failed: "report.rows.failed",
};
const texts = (words: Record<string, { text: Key }>): Record<string, Key> => Object.fromEntries(Object.entries(words).map(([name, word]) => [name, word.text]));
const WORDS: Record<string, Record<string, Key>> = {
  entries: ENTRIES,
  offers: OFFERS,
  callbacks: texts(CALLBACK_STATES),
  states: texts(AGENT),
  quality: texts(STATES),
  tickets: STATUS_TEXT,
};

/** Null where the house named it, and where nobody here knows the word. `ofAgents`: callbacks are attempts of theirs. */
export function resultText(kind: string, ofAgents: boolean, result: string): Key | null {
  if (kind === "callbacks" && ofAgents) return resultKey(result);
  const known = WORDS[kind];
  return (known && Object.hasOwn(known, result) && known[result]) || null;
}
