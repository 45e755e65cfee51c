// Today by quarter hour as columns to draw, and the figures of the agents' table: pure.
import type { QuarterHour } from "@/live/frames";

export interface Column {
  quarter: number;
  offered: number;
  answered: number;
  abandoned: number;
  inTime: number;
}

const QUARTER = 900;

/** From the first quarter hour in which anything joined to the one of now; `queue` "" is all of them. */
export function columns(cells: readonly QuarterHour[], queue: string, dayStart: number, now: number): Column[] {
  const last = Math.max(0, Math.floor((now - dayStart) / QUARTER));
  const sums = new Map<number, Column>();
  for (const cell of cells) {
    if (queue !== "" && cell.queue !== queue) continue;
    const sum = sums.get(cell.quarter) ?? { quarter: cell.quarter, offered: 0, answered: 0, abandoned: 0, inTime: 0 };
    sum.offered += cell.offered;
    sum.answered += cell.answered;
    sum.abandoned += cell.abandoned;
    sum.inTime += cell.in_time;
    sums.set(cell.quarter, sum);
  }
  if (!sums.size) return [];
  const first = Math.min(...sums.keys());
  const until = Math.max(last, ...sums.keys());
  return Array.from({ length: until - first + 1 }, (_, n) => sums.get(first + n) ?? { quarter: first + n, offered: 0, answered: 0, abandoned: 0, inTime: 0 });
}

/** Which of `count` rows of one height are on the screen, with some before and behind. */
export function inView(top: number, height: number, rowHeight: number, count: number, spare = 12): { from: number; to: number } {
  const from = Math.max(0, Math.min(count, Math.floor(top / rowHeight) - spare));
  // A few are there wherever one looks: by them the height of a row is known.
  return { from: Math.min(from, Math.max(0, count - 1)), to: Math.max(Math.min(count, from + 1), Math.min(count, Math.ceil((top + height) / rowHeight) + spare)) };
}
