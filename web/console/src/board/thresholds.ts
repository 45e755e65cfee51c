// From when a figure is to be watched and from when it is bad: colour, icon and word come from one place.
import type { Key } from "@/i18n";
import type { IconName } from "@/ui/icons";

export type Level = "fine" | "watch" | "bad";

export const LEVELS: Record<Exclude<Level, "fine">, { icon: IconName; text: Key }> = {
  watch: { icon: "warning", text: "board.watch" },
  bad: { icon: "alarm", text: "board.bad" },
};

const SERVICE_LEVEL_GOAL = 0.8; // 80 % in time, the field's usual goal
const SERVICE_LEVEL_BAD = 0.6;
const ABANDONED_WATCH = 0.05;
const ABANDONED_BAD = 0.1;
const MISSED_WATCH = 15 * 60; // seconds that somebody waits for our call
const MISSED_BAD = 60 * 60;
const WAIT_BAD = 2; // times the queue's own threshold

const above = (value: number, watch: number, bad: number): Level =>
  value >= bad ? "bad" : value >= watch ? "watch" : "fine";

export function serviceLevelLevel(share: number | null): Level {
  if (share === null || share >= SERVICE_LEVEL_GOAL) return "fine";
  return share < SERVICE_LEVEL_BAD ? "bad" : "watch";
}

export const waitLevel = (seconds: number | null, threshold: number): Level =>
  seconds === null ? "fine" : above(seconds, threshold, threshold * WAIT_BAD);

export const abandonedLevel = (abandoned: number, offered: number): Level =>
  offered === 0 ? "fine" : above(abandoned / offered, ABANDONED_WATCH, ABANDONED_BAD);

export const missedLevel = (since: number | null, now: number): Level =>
  since === null ? "fine" : above(now - since, MISSED_WATCH, MISSED_BAD);
