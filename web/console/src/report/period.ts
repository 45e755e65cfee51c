// What is wrong with a period, before the service is asked: at which field, and why. Pure.
import type { Key } from "@/i18n";

import { dayAfter } from "./choices";

export interface Wrong {
  field: "from" | "to" | "step";
  key: Key;
}

// As web/reports/periods.py has them.
const FIRST_DAY = "1971-01-01";
const LAST_DAY = "2200-01-01";
const BY_HOUR = 2 * 366; // days
const LONGEST = 20 * 366;
const DAY = 86_400_000; // milliseconds

/** `first` and `last` are days of the period, both included. */
export function wrongPeriod(first: string, last: string, step: string): Wrong | null {
  if (!first || !last) return { field: first ? "to" : "from", key: "report.sayDay" };
  if (first < FIRST_DAY || first > LAST_DAY) return { field: "from", key: "report.yearFar" };
  if (last < first) return { field: "to", key: "report.endsBefore" };
  if (last >= LAST_DAY) return { field: "to", key: "report.yearFar" };
  const days = (Date.parse(dayAfter(last)) - Date.parse(first)) / DAY;
  if (step === "hour" && days > BY_HOUR) return { field: "step", key: "report.tooLongByHour" };
  return days > LONGEST ? { field: "to", key: "report.tooLong" } : null;
}
