// Figures in the reader's form: shares, lengths, scores. Nothing is a dash, never a zero.
import type { Metric, Report, ReportRow } from "@/api/reports";
import { useFormat, useLanguage } from "@/i18n";

export type Value = number | null;

export function useShown() {
  const { decimal, number, percentFine, averaged } = useFormat();
  const language = useLanguage();
  return {
    value(metric: Metric, value: Value | undefined): string {
      if (value === null || value === undefined) return "–";
      if (metric.unit === "share") return percentFine(value);
      if (metric.unit === "seconds") return averaged(value);
      return metric.unit === "count" ? number(value) : decimal(value);
    },
    name: (metric: Metric): string => metric.text[language.value],
    meaning: (metric: Metric): string => metric.text[language.value === "zh" ? "what_zh" : "what_en"],
  };
}

/** How a figure changed against the period before, as a share of it; null where that says nothing. */
export function change(now: Value | undefined, before: Value | undefined): number | null {
  if (now === null || now === undefined || !before) return null;
  return (now - before) / before;
}

/** One figure of a report: of a row or of all, in one span or in the whole period. */
export function figureOf(report: Report | null, metric: Metric, row: ReportRow | null, place: number | null): Value {
  const column = report?.metrics.findIndex((one) => one.name === metric.name) ?? -1;
  const whole = row ? row.total : report?.total;
  const values = place === null ? whole : row ? row.cells[place] : report?.totals[place];
  return values?.[column] ?? null;
}
