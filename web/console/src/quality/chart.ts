// Scores over weeks or months as a line for each; where nothing was scored the line has a gap. Pure.
import type { EChartsCoreOption } from "echarts";

export interface Line {
  name: string;
  values: readonly (number | null)[];
}

export interface Looks {
  text: string;
  quiet: string;
  line: string;
  colours: string[];
  show: (value: number) => string;
}

const SYMBOLS = ["circle", "rect", "triangle", "diamond", "roundRect", "pin"];

export function trendOf(spans: readonly string[], lines: readonly Line[], mark: { value: number; name: string } | null, looks: Looks): EChartsCoreOption {
  return {
    animation: false,
    aria: { enabled: true, decal: { show: true } },
    color: looks.colours,
    grid: { left: 8, right: 16, top: 36, bottom: 4 },
    legend: { top: 0, left: 0, type: "scroll", textStyle: { color: looks.text }, data: lines.map((one) => one.name) },
    tooltip: { trigger: "axis", confine: true, valueFormatter: (value: unknown) => (typeof value === "number" ? looks.show(value) : "–") },
    xAxis: { type: "category", data: [...spans], boundaryGap: false, axisLabel: { color: looks.text }, axisLine: { lineStyle: { color: looks.line } } },
    yAxis: { type: "value", min: 0, max: 100, axisLabel: { color: looks.quiet, formatter: looks.show }, splitLine: { lineStyle: { color: looks.line } } },
    series: lines.map((one, place) => ({
      type: "line",
      name: one.name,
      data: [...one.values],
      connectNulls: false,
      symbol: SYMBOLS[place % SYMBOLS.length],
      symbolSize: 8,
      showAllSymbol: true,
      lineStyle: { width: 2, type: place % 2 === 0 ? "solid" : "dashed" },
      ...(place === 0 && mark ? { markLine: { silent: true, symbol: "none", lineStyle: { color: looks.quiet, type: "dotted" }, label: { formatter: mark.name, color: looks.text, position: "insideStartTop" }, data: [{ yAxis: mark.value }] } } : {}),
    })),
  };
}
