// What is sent is only what was changed; what is shown says only what is sure; a simulation is followed to its end.
import { afterEach, describe, expect, it, vi } from "vitest";
import { effectScope } from "vue";

import { simulations } from "@/api/calls";
import { ApiError } from "@/api/client";
import type { Comparison, Estimate, FigureSet, Report, SimulationBase, SimulationView } from "@/api/types";
import { chartOf, intervals } from "@/whatif/chart";
import { FIGURES, rowsOf, verdict, type Figure } from "@/whatif/figures";
import { changes, planOf, wishOf } from "@/whatif/plan";
import { useSimulation } from "@/whatif/useSimulation";

const queue = (name: string) => ({ name, calls: 100, handling: 200, wrap_up: 20, patience: null, service_seconds: 20 });
const base: SimulationBase = {
  day: "2026-11-20",
  queues: [queue("sales"), queue("service")],
  agents: [
    { name: "Li", count: 1, queues: ["sales", "service"], skills: {}, shifts: ["09:00-17:00"] },
    { name: "Wu", count: 0, queues: ["sales"], skills: { english: 2 }, shifts: [] },
  ],
  warnings: [],
};

describe("a plan", () => {
  it("changes nothing at first, and nothing when the queues stand in another order", () => {
    const plan = planOf(base);
    plan.agents[0]?.queues.reverse();
    expect(wishOf(base, plan)).toEqual({ day: "2026-11-20", agents: [], queues: [] });
    expect(base.agents[0]?.queues).toEqual(["sales", "service"]);
  });

  it("names only what is otherwise", () => {
    const plan = planOf(base);
    Object.assign(plan.agents[0] ?? {}, { queues: ["service"] });
    Object.assign(plan.agents[1] ?? {}, { count: 1 });
    Object.assign(plan.queues[0] ?? {}, { calls: 1.2 });
    const wish = wishOf(base, plan);
    expect(wish.agents).toEqual([{ name: "Li", queues: ["service"] }, { name: "Wu", count: 1 }]);
    expect(wish.queues).toEqual([{ name: "sales", calls: 1.2, handling: 1 }]);
    expect(changes(wish)).toBe(3);
  });
});

const sure = (mean: number, margin: number | null = 0.01): Estimate => ({ mean, margin, values: 20 });
const set = (level: Estimate | null): FigureSet => ({ service_level: level, asa: null, abandon_rate: null, occupancy: null }) as FigureSet;
const report = (level: number, ...names: string[]): Report => ({
  name: "", seed: 1, replications: 20, confidence: 0.95, total: set(sure(level)),
  queues: names.map((name) => ({ name, service_seconds: 20, figures: set(sure(level)) })),
});
const [level, asa, , occupancy] = FIGURES as [Figure, Figure, Figure, Figure];

describe("figures", () => {
  it("of several queues have a line for all of them", () => {
    expect(rowsOf(report(0.8, "a"), null).map((row) => row.queue)).toEqual(["a"]);
    expect(rowsOf(report(0.8, "a", "b"), null).map((row) => row.queue)).toEqual(["a", "b", null]);
    expect(rowsOf(null, null)).toEqual([]);
  });

  it("of two scenarios stand beside each other by name", () => {
    const both: Comparison = { first: report(0.7, "a", "b"), second: report(0.8, "b", "a"), differences: report(0.1, "a", "b").queues, total: set(sure(0.1)) };
    const [row] = rowsOf(null, both);
    expect([row?.first.service_level?.mean, row?.second?.service_level?.mean, row?.difference?.service_level?.mean]).toEqual([0.7, 0.8, 0.1]);
  });

  it("are called better or worse only when that is sure", () => {
    expect(verdict(sure(0.1), level)).toBe("good");
    expect(verdict(sure(-0.1), level)).toBe("bad");
    expect(verdict(sure(-5), asa)).toBe("good");
    expect(verdict(sure(0.01, 0.02), level)).toBe("none");
    expect(verdict(sure(0.1, null), level)).toBe("none");
    expect(verdict(sure(0.1), occupancy)).toBe("none");
    expect(verdict(sure(0, 0), level)).toBe("none");
    expect(verdict(null, level)).toBe("none");
  });
});

describe("the chart", () => {
  const looks = { text: "#000", quiet: "#111", line: "#222", bars: ["#333", "#444"], show: String, scale: String, most: 1 };

  it("has a bar for each queue and an interval where one is known", () => {
    expect(intervals([sure(0.5, 0.1), null, sure(0.5, null), sure(0.05, 0.1)])).toEqual([[0, 0.4, 0.6], [3, 0, 0.05 + 0.1]]);
    const option = chartOf(["a", "b"], [{ name: "x", values: [sure(0.5), null] }], looks) as { series: { type: string; data: unknown[] }[] };
    expect(option.series.map((one) => one.type)).toEqual(["bar", "custom"]);
    expect(option.series[0]?.data).toEqual([0.5, null]);
  });

  it("does not say things by colour alone", () => {
    expect(chartOf([], [], looks).aria).toEqual({ enabled: true, decal: { show: true } });
  });
});

const step = (state: string, version: number): SimulationView => ({ id: "s", state, version, done: version, of: 4, problem: null, report: null, comparison: null });
const begin = () => effectScope().run(useSimulation) as ReturnType<typeof useSimulation>;
const wish = { day: "2026-11-20" };

afterEach(() => vi.restoreAllMocks());

describe("a simulation", () => {
  it("is followed until it is over, each time from what is known", async () => {
    vi.spyOn(simulations, "start").mockResolvedValue(step("waiting", 1));
    const read = vi.spyOn(simulations, "read").mockResolvedValueOnce(step("running", 2)).mockResolvedValueOnce(step("done", 3));
    const { run, view, running } = begin();
    await run(wish);
    expect(read.mock.calls.map(([id, seen]) => [id, seen])).toEqual([["s", 1], ["s", 2]]);
    expect([view.value?.state, running.value]).toEqual(["done", false]);
  });

  it("that is refused says so and can be tried again", async () => {
    vi.spyOn(simulations, "start").mockRejectedValueOnce(new ApiError(422, "invalid_input", "", "replications")).mockResolvedValueOnce(step("done", 1));
    const { run, view, error, running } = begin();
    await run(wish);
    expect([(error.value as ApiError).field, view.value, running.value]).toEqual(["replications", null, false]);
    await run(wish);
    expect([error.value, (view.value as SimulationView | null)?.state]).toEqual([null, "done"]);
  });

  it("goes on when the service was away for a moment", async () => {
    vi.useFakeTimers();
    vi.spyOn(simulations, "start").mockResolvedValue(step("running", 1));
    const read = vi.spyOn(simulations, "read").mockRejectedValueOnce(new ApiError(0, "unreachable", "")).mockResolvedValueOnce(step("done", 2));
    const { run, view, error } = begin();
    const ended = run(wish);
    await vi.runAllTimersAsync();
    await ended;
    vi.useRealTimers();
    expect([view.value?.state, error.value, read.mock.calls.length]).toEqual(["done", null, 2]);
  });

  it("is cancelled when nobody looks any more", async () => {
    vi.spyOn(simulations, "start").mockResolvedValue(step("running", 1));
    vi.spyOn(simulations, "read").mockImplementation((_id, _seen, signal) => new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("gone")))));
    const cancel = vi.spyOn(simulations, "cancel").mockResolvedValue(undefined);
    const scope = effectScope();
    const { run, error } = scope.run(useSimulation) as ReturnType<typeof useSimulation>;
    const ended = run(wish);
    await vi.waitFor(() => expect(simulations.read).toHaveBeenCalled());
    scope.stop();
    await ended;
    expect(cancel).toHaveBeenCalledWith("s");
    expect(error.value).toBeNull();
  });

  it("that is cancelled before it has a name is cancelled by the name it gets", async () => {
    vi.spyOn(simulations, "start").mockResolvedValueOnce(step("done", 9)).mockResolvedValueOnce({ ...step("waiting", 1), id: "second" });
    vi.spyOn(simulations, "read").mockResolvedValue({ ...step("cancelled", 2), id: "second" });
    const stopped = vi.spyOn(simulations, "cancel").mockResolvedValue(undefined);
    const { run, cancel, view } = begin();
    await run(wish);
    const ended = run(wish); // the first one's result is shown meanwhile
    await cancel();
    await ended;
    expect(stopped.mock.calls).toEqual([["second"]]);
    expect(view.value?.state).toBe("cancelled");
  });
});
