// The figures of a simulation, how they are shown, and whether more of them is better.
import type { Comparison, Estimate, FigureSet, Report } from "@/api/types";
import type { Key } from "@/i18n";

export type FigureName = "service_level" | "asa" | "abandon_rate" | "occupancy";

export interface Figure {
  name: FigureName;
  title: Key;
  unit: "share" | "seconds";
  /** 1 when more is better, -1 when less is, 0 when it depends. */
  better: 1 | -1 | 0;
}

export const FIGURES: Figure[] = [
  { name: "service_level", title: "whatif.serviceLevel", unit: "share", better: 1 },
  { name: "asa", title: "whatif.asa", unit: "seconds", better: -1 },
  { name: "abandon_rate", title: "whatif.abandoned", unit: "share", better: -1 },
  { name: "occupancy", title: "whatif.occupancy", unit: "share", better: 0 },
];

/** One queue, or all of them: as it is, as it would be, and the difference where there is one. */
export interface Row {
  /** Null: all queues together. */
  queue: string | null;
  first: FigureSet;
  second: FigureSet | null;
  difference: FigureSet | null;
}

export function rowsOf(report: Report | null, comparison: Comparison | null): Row[] {
  const first = comparison?.first ?? report;
  if (!first) return [];
  const rows: Row[] = first.queues.map((queue) => ({
    queue: queue.name,
    first: queue.figures,
    second: comparison?.second.queues.find((one) => one.name === queue.name)?.figures ?? null,
    difference: comparison?.differences.find((one) => one.name === queue.name)?.figures ?? null,
  }));
  if (rows.length < 2) return rows;
  return [...rows, { queue: null, first: first.total, second: comparison?.second.total ?? null, difference: comparison?.total ?? null }];
}

export type Verdict = "good" | "bad" | "none";

/** Whether the difference is surely one, and for the better. */
export function verdict(difference: Estimate | null, figure: Figure): Verdict {
  if (!difference || figure.better === 0 || difference.margin === null) return "none";
  if (Math.abs(difference.mean) <= difference.margin || difference.mean === 0) return "none";
  return Math.sign(difference.mean) === figure.better ? "good" : "bad";
}
