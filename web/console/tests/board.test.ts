import { describe, expect, it } from "vitest";

import { ApiError } from "@/api/client";
import { asa, averageTalk, serviceLevel, totals } from "@/board/figures";
import { told } from "@/board/late";
import { boardStream } from "@/board/stream";
import { columns, inView } from "@/board/strip";
import { judgeBy } from "@/board/thresholds";
import type { AgentRow, BoardChanged, BoardState, QuarterHour, QueueRow } from "@/live/frames";

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
  const usual = judgeBy([]);

  it("judge the service level by the goal of 80 %, where nobody set another", () => {
    expect([null, 0.81, 0.8, 0.61, 0.6].map((value) => usual("q", "service_level", value))).toEqual(["fine", "fine", "watch", "watch", "bad"]);
  });

  it("judge a wait by the queue's own goal", () => {
    expect([null, 19, 20, 40].map((wait) => usual("q", "longest_wait", wait, 20))).toEqual(["fine", "fine", "watch", "bad"]);
  });

  it("of the queue go before those of every queue, and these before the usual ones", () => {
    const judge = judgeBy([{ queue: "", metric: "waiting", watch: 2, bad: 4 }, { queue: "vip", metric: "waiting", watch: null, bad: 1 }]);
    expect([judge("q", "waiting", 2), judge("q", "waiting", 4), judge("vip", "waiting", 1), usual("q", "waiting", 99)]).toEqual(["watch", "bad", "bad", "fine"]);
  });
});

describe("the stream", () => {
  const agent = (id: number, more: Partial<AgentRow> = {}): AgentRow => ({ agent: id, name: `A${id}`, interface: "PJSIP/1", state: "ready", reason: null, since: 1, interaction: null, number: null, queue: null, reasons: [], listeners: [], ...more });
  const cell = (quarter: number, offered: number): QuarterHour => ({ queue: "q", quarter, offered, answered: 0, abandoned: 0, short_abandoned: 0, in_time: 0 });
  const board: BoardState = { queues: [row({})], agents: [agent(1), agent(2)], link: { pbx: "up", pbx_since: 1, store: "up", store_since: 1 }, day_start: 0, strip: [cell(1, 3)], thresholds: [], alarms: [] };
  const frame = (more: Partial<BoardChanged>): BoardChanged => ({ kind: "boardchanged", stream: "board", seq: 2, queues: [], agents: [], gone_queues: [], gone_agents: [], day_start: null, strip: [], thresholds: null, alarms: null, ...more });
  const after = (more: Partial<BoardChanged>) => boardStream.reducers.boardchanged?.(board, frame(more)) ?? board;

  it("puts rows in the place of those with their key, and takes away what is gone", () => {
    expect(after({ agents: [agent(3), agent(1, { state: "busy" })], gone_agents: [2] }).agents.map((one) => [one.agent, one.state])).toEqual([[1, "busy"], [3, "ready"]]);
  });

  it("leaves what has not changed as the same rows, so that nothing of it is drawn again", () => {
    const changed = after({ queues: [row({ waiting: 1 })] });
    expect(changed.agents).toBe(board.agents);
    expect(after({ agents: [agent(1, { state: "busy" })] }).agents[1]).toBe(board.agents[1]);
  });

  it("forgets the quarter hours of yesterday", () => {
    expect(after({ strip: [cell(2, 1)] }).strip.map((one) => one.quarter)).toEqual([1, 2]);
    expect(after({ day_start: 86_400, strip: [cell(0, 1)] }).strip).toEqual([cell(0, 1)]);
  });
});

describe("the strip", () => {
  const cell = (queue: string, quarter: number, offered: number): QuarterHour => ({ queue, quarter, offered, answered: 1, abandoned: 0, short_abandoned: 0, in_time: 1 });

  it("adds up queues and has every quarter hour until now", () => {
    const all = columns([cell("a", 2, 3), cell("b", 2, 4), cell("a", 4, 1)], "", 0, 5 * 900 + 1);
    expect(all.map((one) => [one.quarter, one.offered])).toEqual([[2, 7], [3, 0], [4, 1], [5, 0]]);
    expect(columns([cell("a", 2, 3), cell("b", 2, 4)], "b", 0, 1900)[0]?.offered).toBe(4);
    expect(columns([], "", 0, 1900)).toEqual([]);
  });

  it("of a thousand rows only those on the screen are there", () => {
    expect(inView(0, 720, 36, 1000)).toEqual({ from: 0, to: 32 });
    expect(inView(18_000, 720, 36, 1000)).toEqual({ from: 488, to: 532 });
    expect(inView(99_999, 720, 36, 1000)).toEqual({ from: 999, to: 1000 });
  });
});

describe("who comes too late", () => {
  it("is told what became of the call", () => {
    const late = new ApiError(409, "call_moved", "", null, null, { became: "moved", by: "Ma", queue: "vip" });
    expect(told(late, String)).toEqual({ key: "board.lateMoved", values: { by: "Ma", queue: "vip", agent: "" } });
    const rings = new ApiError(409, "call_moved", "", null, null, { became: "ringing", agent: 4 });
    expect(told(rings, (id) => `Agent ${id}`).values.agent).toBe("Agent 4");
    expect(told(new ApiError(0, "unreachable", ""), String).key).toBe("error.unreachable");
  });
});
