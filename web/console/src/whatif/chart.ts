// A figure of each queue as bars with the interval it is sure to lie in; pure, so that it can be tested.
import type { CustomSeriesRenderItemAPI, EChartsCoreOption } from "echarts";

import type { Estimate } from "@/api/types";

export interface Bars {
  name: string;
  values: (Estimate | null)[];
}

export interface Looks {
  text: string;
  quiet: string;
  line: string;
  bars: string[];
  show: (value: number) => string;
  /** The same beside the scale, where whole steps are enough. */
  scale: (value: number) => string;
  /** The end of the scale; null: as the values are. */
  most: number | null;
}

export function chartOf(queues: string[], series: Bars[], looks: Looks): EChartsCoreOption {
  return {
    animation: false,
    aria: { enabled: true, decal: { show: true } },
    color: looks.bars,
    grid: { left: 8, right: 16, top: 36, bottom: 4 },
    legend: { top: 0, left: 0, textStyle: { color: looks.text }, data: series.map((one) => one.name) },
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: (value: unknown) => (typeof value === "number" ? looks.show(value) : "–") },
    xAxis: { type: "category", data: queues, axisLabel: { color: looks.text, overflow: "truncate", width: 140 }, axisLine: { lineStyle: { color: looks.line } } },
    yAxis: { type: "value", min: 0, ...(looks.most === null ? {} : { max: looks.most }), axisLabel: { color: looks.quiet, formatter: looks.scale }, splitLine: { lineStyle: { color: looks.line } } },
    series: series.flatMap((one, place) => [bars(one), whiskers(one, place, series.length, looks)]),
  };
}

const bars = (one: Bars) => ({
  type: "bar",
  name: one.name,
  barMaxWidth: BAR,
  barGap: "20%",
  data: one.values.map((value) => value?.mean ?? null),
});

const BAR = 44;
const CAP = 5; // px to each side

/** [place of the queue, low, high] of those that have an interval. */
export function intervals(values: (Estimate | null)[]): [number, number, number][] {
  return values.flatMap((value, place): [number, number, number][] =>
    value === null || value.margin === null ? [] : [[place, Math.max(0, value.mean - value.margin), value.mean + value.margin]],
  );
}

function whiskers(one: Bars, place: number, of: number, looks: Looks) {
  return {
    type: "custom",
    name: one.name,
    silent: true,
    tooltip: { show: false },
    z: 5,
    encode: { x: 0, y: [1, 2] },
    data: intervals(one.values),
    renderItem: (_: unknown, api: CustomSeriesRenderItemAPI) => whisker(api, place, of, looks),
  };
}

function whisker(api: CustomSeriesRenderItemAPI, place: number, of: number, looks: Looks) {
  const queue = api.value(0);
  const layout = api.barLayout({ count: of, barMaxWidth: BAR, barGap: "20%" } as Parameters<typeof api.barLayout>[0]);
  const offset = layout?.[place]?.offsetCenter ?? 0;
  const [x = 0, low = 0] = api.coord([queue, api.value(1)]);
  const high = api.coord([queue, api.value(2)])[1] ?? 0;
  const middle = x + offset;
  const stroke = (x1: number, y1: number, x2: number, y2: number) => ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: looks.text, lineWidth: 1.5 } });
  return {
    type: "group",
    children: [stroke(middle, low, middle, high), stroke(middle - CAP, low, middle + CAP, low), stroke(middle - CAP, high, middle + CAP, high)],
  };
}
