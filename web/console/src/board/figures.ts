// The figures of a board row, by the field's definitions. An empty denominator is no value.
import type { QueueRow } from "@/live/frames";

const share = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

type Counts = Pick<QueueRow, "answered" | "abandoned" | "short_abandoned" | "in_time" | "wait_sum" | "handled" | "talk_sum">;

/** Answered within the threshold / (answered + abandoned − short abandons). */
export function serviceLevel(row: Pick<Counts, "answered" | "abandoned" | "short_abandoned" | "in_time">): number | null {
  return share(row.in_time, row.answered + row.abandoned - row.short_abandoned);
}

/** Average speed of answer, in seconds. */
export const asa = (row: Pick<Counts, "wait_sum" | "answered">): number | null => share(row.wait_sum, row.answered);

/** Average talk time with hold, in seconds. */
export const averageTalk = (row: Pick<Counts, "talk_sum" | "handled">): number | null => share(row.talk_sum, row.handled);

/** What callers thought of it on average, 1 to 5. */
export const satisfaction = (row: Pick<QueueRow, "score_sum" | "scores">): number | null => share(row.score_sum, row.scores);

export interface Totals extends Counts {
  waiting: number;
  offered: number;
  longest_since: number | null;
}

const SUMMED = [
  "waiting",
  "offered",
  "answered",
  "abandoned",
  "short_abandoned",
  "in_time",
  "wait_sum",
  "handled",
  "talk_sum",
] as const;

export function totals(rows: readonly QueueRow[]): Totals {
  const sums = Object.fromEntries(
    SUMMED.map((name) => [name, rows.reduce((sum, row) => sum + row[name], 0)]),
  ) as Record<(typeof SUMMED)[number], number>;
  const since = rows.map((row) => row.longest_since).filter((at) => at !== null);
  return { ...sums, longest_since: since.length ? Math.min(...since) : null };
}
