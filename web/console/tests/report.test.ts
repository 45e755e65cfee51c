import { describe, expect, it } from "vitest";

import type { Report } from "@/api/reports";
import { chartOf } from "@/report/chart";
import { wrongPeriod } from "@/report/period";

const HOUR = 3600;

describe("the chart of a report", () => {
  const report = { timezone: "UTC", metrics: [], spans: [0, 1, 2, 3].map((n) => ({ from: n * HOUR, to: (n + 1) * HOUR })), rows: [{ key: "q", label: "Q", cells: [[4], [0], [5], [0]], total: [9], before: null }], totals: [], total: [9], before: null, made_at: 2.5 * HOUR } as unknown as Report;
  const looks = { text: "", quiet: "", line: "", colors: [], show: String, span: String, key: () => "Q" };

  it("ends its lines now: what has not begun is nothing, not zero", () => {
    const { series } = chartOf(report, 0, looks) as { series: { data: unknown }[] };
    expect(series[0]?.data).toEqual([4, 0, 5, null]);
  });
});

describe("a period", () => {
  it.each([
    ["2026-03-01", "2026-03-01", "hour", null],
    ["2020-01-01", "2026-03-01", "day", null],
    ["2026-03-02", "2026-03-01", "day", ["to", "report.endsBefore"]],
    ["2020-01-01", "2026-03-01", "hour", ["step", "report.tooLongByHour"]],
    ["2024-01-01", "2026-01-01", "hour", null],
    ["2000-01-01", "2026-03-01", "month", ["to", "report.tooLong"]],
    ["0202-01-01", "2026-03-01", "day", ["from", "report.yearFar"]],
    ["2026-01-01", "2200-01-01", "day", ["to", "report.yearFar"]],
    ["", "2026-03-01", "day", ["from", "report.sayDay"]],
    ["2026-03-01", "", "day", ["to", "report.sayDay"]],
  ])("from %s to %s by the %s is judged as the service does", (first, last, step, wrong) => {
    const found = wrongPeriod(first, last, step);
    expect(found && [found.field, found.key]).toEqual(wrong);
  });
});
