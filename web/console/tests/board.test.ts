import { describe, expect, it } from "vitest";

import { asa, averageTalk, serviceLevel, totals } from "@/board/figures";
import { abandonedLevel, serviceLevelLevel, waitLevel } from "@/board/thresholds";
import type { QueueRow } from "@/live/frames";

const row = (more: Partial<QueueRow>): QueueRow => ({ queue: "q", waiting: 0, longest_since: null, offered: 0, answered: 0, abandoned: 0, short_abandoned: 0, in_time: 0, threshold: 20, wait_sum: 0, handled: 0, talk_sum: 0, waiting_calls: [], missed: 0, missed_since: null, callbacks: 0, scores: 0, score_sum: 0, ...more });

describe("figures", () => {
  it("leave short abandons out of the service level", () => {
    expect(serviceLevel(row({ answered: 8, abandoned: 4, short_abandoned: 2, in_time: 5 }))).toBe(0.5);
  });

  it("are no value, not 100 %, when nothing happened", () => {
    expect([serviceLevel(row({})), asa(row({})), averageTalk(row({}))]).toEqual([null, null, null]);
    expect(serviceLevel(row({ abandoned: 3, short_abandoned: 3 }))).toBeNull();
  });

  it("add up over queues by their counts, never by averaging", () => {
    const sum = totals([row({ answered: 1, wait_sum: 10, waiting: 2, longest_since: 50 }), row({ answered: 3, wait_sum: 2, longest_since: 40 }), row({})]);
    expect(sum).toMatchObject({ answered: 4, waiting: 2, longest_since: 40 });
    expect(asa(sum)).toBe(3);
  });
});

describe("thresholds", () => {
  it("judge the service level by the goal of 80 %", () => {
    expect([null, 0.8, 0.79, 0.6, 0.59].map(serviceLevelLevel)).toEqual(["fine", "fine", "watch", "watch", "bad"]);
  });

  it("judge a wait by the queue's own threshold", () => {
    expect([null, 19, 20, 40].map((wait) => waitLevel(wait, 20))).toEqual(["fine", "fine", "watch", "bad"]);
  });

  it("judge abandons by their share", () => {
    expect([[0, 0], [4, 100], [5, 100], [10, 100]].map(([a = 0, b = 0]) => abandonedLevel(a, b))).toEqual(["fine", "fine", "watch", "bad"]);
  });
});
