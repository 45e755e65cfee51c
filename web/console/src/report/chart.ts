// One figure over time, a line for each key; or of each key, as bars. What has not begun is drawn as
// nothing, not as zero. Pure, so that it can be tested.
import type { EChartsCoreOption } from "echarts";

import type { Report } from "@/api/reports";

export interface Looks {
  text: string;
  quiet: string;
  line: string;
  colors: string[];
  show: (value: number) => string;
  span: (from: number) => string;
  key: (row: Report["rows"][number]) => string;
}

export const LINES = 8; // keys in one chart; the table below has them all

export function chartOf(report: Report, metric: number, looks: Looks): EChartsCoreOption {
  const rows = report.rows.slice(0, LINES);
  const over = report.spans.length > 1;
  const begun = (place: number) => (report.spans[place]?.from ?? 0) < report.made_at;
  return {
    animation: false,
    aria: { enabled: true, decal: { show: !over } },
    color: looks.colors,
    grid: { left: 8, right: 16, top: over && rows.length > 1 ? 36 : 12, bottom: 4, containLabel: true },
    ...(over && rows.length > 1 ? { legend: { top: 0, left: 0, type: "scroll", textStyle: { color: looks.text } } } : {}),
    tooltip: { trigger: "axis", valueFormatter: (value: unknown) => (typeof value === "number" ? looks.show(value) : "–") },
    xAxis: { type: "category", data: over ? report.spans.map((one) => looks.span(one.from)) : rows.map(looks.key), axisLabel: { color: looks.text, overflow: "truncate", width: 120 }, axisLine: { lineStyle: { color: looks.line } } },
    yAxis: { type: "value", min: 0, axisLabel: { color: looks.quiet, formatter: looks.show }, splitLine: { lineStyle: { color: looks.line } } },
    series: over
      ? rows.map((row) => ({ type: "line", name: looks.key(row), showSymbol: report.spans.length < 40, symbolSize: 7, data: row.cells.map((cell, place) => (begun(place) ? (cell[metric] ?? null) : null)) }))
      : [{ type: "bar", barMaxWidth: 44, data: rows.map((row) => row.total[metric] ?? null) }],
  };
}
