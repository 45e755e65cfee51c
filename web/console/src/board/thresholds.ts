// From when a figure is to be watched and from when it is bad: colour, icon and word come from one place.
import { computed, inject, provide, type ComputedRef, type InjectionKey } from "vue";

import type { Key } from "@/i18n";
import type { Threshold } from "@/live/frames";
import type { IconName } from "@/ui/icons";

export type Level = "fine" | "watch" | "bad";

export const LEVELS: Record<Exclude<Level, "fine">, { icon: IconName; text: Key }> = {
  watch: { icon: "warning", text: "board.watch" },
  bad: { icon: "alarm", text: "board.bad" },
};

/** How a figure is written: a number, a share of 1, or seconds. */
export type Unit = "number" | "share" | "seconds" | "marks";

export interface Metric {
  text: Key;
  unit: Unit;
  worse: "higher" | "lower";
  /** A figure of the whole floor, not of a queue. */
  floor?: boolean;
}

export const METRICS = {
  waiting: { text: "board.waiting", unit: "number", worse: "higher" },
  longest_wait: { text: "board.longest", unit: "seconds", worse: "higher" },
  service_level: { text: "board.serviceLevel", unit: "share", worse: "lower" },
  abandon_rate: { text: "board.abandonRate", unit: "share", worse: "higher" },
  asa: { text: "board.asa", unit: "seconds", worse: "higher" },
  talk: { text: "board.talk", unit: "seconds", worse: "higher" },
  missed: { text: "board.missed", unit: "number", worse: "higher" },
  missed_age: { text: "board.missedAge", unit: "seconds", worse: "higher" },
  callbacks: { text: "board.callbacks", unit: "number", worse: "higher" },
  satisfaction: { text: "board.satisfaction", unit: "marks", worse: "lower" },
  agents_ready: { text: "board.ready", unit: "number", worse: "lower", floor: true },
} as const satisfies Record<string, Metric>;
export type MetricName = keyof typeof METRICS;
export const metricOf = (name: string): Metric | null => (name in METRICS ? METRICS[name as MetricName] : null);

type Limits = Pick<Threshold, "watch" | "bad">;

/** Where nobody set anything; a wait is judged by the queue's own goal. */
export const DEFAULTS: Partial<Record<MetricName, Limits>> = {
  service_level: { watch: 0.8, bad: 0.6 }, // 80 % in time is the field's usual goal
  abandon_rate: { watch: 0.05, bad: 0.1 },
  missed_age: { watch: 15 * 60, bad: 60 * 60 },
};
const WAIT_BAD = 2; // times the queue's own goal

export function level(metric: Metric, value: number | null, limits: Limits | undefined): Level {
  const over = (limit: number | null) => value !== null && limit !== null && (metric.worse === "higher" ? value >= limit : value <= limit);
  if (!limits) return "fine";
  return over(limits.bad) ? "bad" : over(limits.watch) ? "watch" : "fine";
}

export type Judge = (queue: string, metric: MetricName, value: number | null, goal?: number) => Level;

/** The queue's own thresholds, else those of every queue, else the defaults. */
export function judgeBy(thresholds: readonly Threshold[]): Judge {
  const set = new Map(thresholds.map((one) => [`${one.metric} ${one.queue}`, one]));
  return (queue, metric, value, goal) => {
    const given = set.get(`${metric} ${queue}`) ?? set.get(`${metric} `);
    const usual = metric === "longest_wait" && goal !== undefined ? { watch: goal, bad: goal * WAIT_BAD } : DEFAULTS[metric];
    return level(METRICS[metric], value, given ?? usual);
  };
}

const JUDGE: InjectionKey<ComputedRef<Judge>> = Symbol("judge");
export const provideJudge = (judge: ComputedRef<Judge>) => provide(JUDGE, judge);
const USUAL = judgeBy([]);
export const useJudge = (): ComputedRef<Judge> => inject(JUDGE, () => computed(() => USUAL), true);
