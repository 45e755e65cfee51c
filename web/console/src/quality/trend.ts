// Which lines a trend shows, and its spans by name; pure.
import type { Trend, TrendPoint } from "@/api/quality";

import type { Line } from "./chart";

export const MOST_LINES = 6;

export interface TrendRow {
  key: string;
  name: string;
  whole: TrendPoint;
  points: readonly TrendPoint[];
  /** Asked by the sheet today; agents always are. */
  asked: boolean;
}

export type Of = "agents" | "questions";

export function rowsOf(trend: Trend, of: Of): TrendRow[] {
  if (of === "agents") return trend.agents.map(({ agent, name, whole, points }) => ({ key: String(agent), name, whole, points, asked: true }));
  return trend.questions.map(({ key, text, whole, points, asked }) => ({ key, name: text, whole, points, asked }));
}

export const lineOf = (name: string, points: readonly TrendPoint[]): Line => ({ name, values: points.map((one) => one.mean) });

/** All of them first, then those that were picked, as far as lines can be told apart. */
export function linesOf(all: string, trend: Trend, rows: readonly TrendRow[], picked: readonly string[]): Line[] {
  const chosen = rows.filter((one) => picked.includes(one.key)).slice(0, MOST_LINES - 1);
  return [lineOf(all, trend.points), ...chosen.map((one) => lineOf(one.name, one.points))];
}

/** The day as people there write it: of a month only the month. */
export function spanName(day: string, by: Trend["by"], tag: string): string {
  const at = new Date(`${day}T12:00:00Z`);
  const form: Intl.DateTimeFormatOptions = by === "month" ? { year: "numeric", month: "short", timeZone: "UTC" } : { month: "short", day: "numeric", timeZone: "UTC" };
  return new Intl.DateTimeFormat(tag, form).format(at);
}
