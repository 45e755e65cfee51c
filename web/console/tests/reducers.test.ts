// The law of every live view: a snapshot, then frames, equals a later snapshot.
import { describe, expect, it } from "vitest";

import { meStream, type Me } from "@/agent/stream";
import { boardStream } from "@/board/stream";
import type { AgentRow, AgentStatus, BoardState, Call, Link, MeState, Pop, QueueRow, Snapshot } from "@/live/frames";
import { confirmed, fold, forget, nothing, type Change, type StreamSpec, type StreamState } from "@/live/reducers";

const EPOCH = "e1";
const link: Link = { pbx: "up", pbx_since: 1, store: "up", store_since: 1 };
const pop = (interaction: string, more: Partial<Pop> = {}): Pop => ({ interaction, direction: "inbound", number: "+861", name: null, queue: "q", dialled: null, entered_at: 1, offered_at: 2, card: null, ...more });
const call = (interaction: string, more: Partial<Call> = {}): Call => ({ interaction, direction: "inbound", number: "+861", name: null, queue: "q", dialled: null, state: "talking", since: 3, answered_at: 3, ended_at: null, end: null, recordings: [], card: null, listeners: [], ...more });
const queue = (name: string, waiting = 0): QueueRow => ({ queue: name, waiting, longest_since: null, offered: 0, answered: 0, abandoned: 0, short_abandoned: 0, in_time: 0, threshold: 20, wait_sum: 0, handled: 0, talk_sum: 0, waiting_calls: [], missed: 0, missed_since: null, callbacks: 0, scores: 0, score_sum: 0 });
const agent = (id: number, state: AgentRow["state"] = "ready"): AgentRow => ({ agent: id, name: `a${id}`, interface: "PJSIP/1", state, reason: null, since: 1, interaction: null, number: null, queue: null, reasons: [], listeners: [] });
const status = (state: AgentStatus["state"], more: Partial<AgentStatus> = {}): AgentStatus => ({ agent: 1, name: "a1", state, reasons: [], since: 4, until: null, interaction: null, queue: null, pending: null, phone: null, ...more });
const meSnapshot = (seq: number, me: Partial<MeState>): Snapshot => ({ kind: "snapshot", stream: "me", seq, me: { pops: [], calls: [], link, agent: null, score: null, ...me } });
const boardSnapshot = (seq: number, board: Partial<BoardState>): Snapshot => ({ kind: "snapshot", stream: "board", seq, board: { queues: [], agents: [], link, day_start: 0, strip: [], thresholds: [], alarms: [], ...board } });

function run<S>(spec: StreamSpec<S>, frames: readonly (Snapshot | Change)[]): StreamState<S> {
  return frames.reduce<StreamState<S>>((state, frame) => fold(spec, state, frame, EPOCH).state, nothing);
}

const ME_STORY: readonly [Change, Partial<MeState>][] = [
  [{ kind: "popoffered", stream: "me", seq: 1, pop: pop("a") }, { pops: [pop("a")] }],
  [{ kind: "popoffered", stream: "me", seq: 2, pop: pop("b") }, { pops: [pop("a"), pop("b")] }],
  [{ kind: "popoffered", stream: "me", seq: 3, pop: pop("a", { name: "王芳" }) }, { pops: [pop("a", { name: "王芳" }), pop("b")] }],
  [{ kind: "popwithdrawn", stream: "me", seq: 4, interaction: "a", reason: "answered" }, { pops: [pop("b")] }],
  [{ kind: "callchanged", stream: "me", seq: 5, call: call("a") }, { pops: [pop("b")], calls: [call("a")] }],
  [{ kind: "callchanged", stream: "me", seq: 6, call: call("a", { state: "ended", end: "completed" }) }, { pops: [pop("b")], calls: [call("a", { state: "ended", end: "completed" })] }],
  [{ kind: "linkchanged", stream: "me", seq: 7, link: { ...link, pbx: "down" } }, { pops: [pop("b")], calls: [call("a", { state: "ended", end: "completed" })], link: { ...link, pbx: "down" } }],
  [{ kind: "callclosed", stream: "me", seq: 8, interaction: "a", into: null }, { pops: [pop("b")], link: { ...link, pbx: "down" } }],
  [{ kind: "agentstatuschanged", stream: "me", seq: 9, agent: status("wrap_up", { until: 40 }) }, { pops: [pop("b")], link: { ...link, pbx: "down" }, agent: status("wrap_up", { until: 40 }) }],
  [{ kind: "agentstatuschanged", stream: "me", seq: 10, agent: status("not_ready", { reasons: ["lunch"] }) }, { pops: [pop("b")], link: { ...link, pbx: "down" }, agent: status("not_ready", { reasons: ["lunch"] }) }],
  [{ kind: "scoretold", stream: "me", seq: 11, score: { score: 7, state: "submitted", at: 9 } }, { pops: [pop("b")], link: { ...link, pbx: "down" }, agent: status("not_ready", { reasons: ["lunch"] }), score: { score: 7, state: "submitted", at: 9 } }],
];

describe("the agent's stream", () => {
  it("is the same by snapshot and frames as by a later snapshot, at every point", () => {
    const frames: (Snapshot | Change)[] = [meSnapshot(0, {})];
    for (const [frame, expected] of ME_STORY) {
      frames.push(frame);
      expect(run(meStream, frames)).toEqual(run(meStream, [meSnapshot(frame.seq, expected)]));
    }
  });

  it("is the same when the snapshot comes in the middle", () => {
    const frames = ME_STORY.map(([frame]) => frame);
    const whole = run(meStream, [meSnapshot(0, {}), ...frames]);
    ME_STORY.forEach(([frame, state], index) => {
      expect(run(meStream, [meSnapshot(frame.seq, state), ...frames.slice(index + 1)])).toEqual(whole);
    });
  });

  it("remembers which call a merged one became", () => {
    const state = run<Me>(meStream, [meSnapshot(0, { calls: [call("a")] }), { kind: "callclosed", stream: "me", seq: 1, interaction: "a", into: "b" }]);
    expect(state.data?.merged).toEqual({ a: "b" });
  });
});

describe("the board's stream", () => {
  it("replaces rows, adds new ones and drops those that are gone", () => {
    const frames: (Snapshot | Change)[] = [
      boardSnapshot(0, { queues: [queue("x"), queue("y")], agents: [agent(1), agent(2)] }),
      { kind: "boardchanged", stream: "board", seq: 1, queues: [queue("x", 3), queue("z")], agents: [agent(2, "busy")], gone_queues: ["y"], gone_agents: [1], day_start: 86_400, strip: [], thresholds: null, alarms: null },
      { kind: "boardchanged", stream: "board", seq: 2, queues: [], agents: [], gone_queues: [], gone_agents: [], day_start: null, strip: [], thresholds: null, alarms: null },
    ];
    const later = boardSnapshot(2, { queues: [queue("x", 3), queue("z")], agents: [agent(2, "busy")], day_start: 86_400 });
    expect(run(boardStream, frames)).toEqual(run(boardStream, [later]));
  });
});

describe("numbers", () => {
  const start = run(meStream, [meSnapshot(5, {})]);
  const offered = (seq: number): Change => ({ kind: "popoffered", stream: "me", seq, pop: pop("a") });

  it("told twice change nothing", () => {
    expect(fold(meStream, start, offered(5), EPOCH)).toEqual({ state: start, gap: false });
  });

  it("that skip one are a gap and are not applied", () => {
    expect(fold(meStream, start, offered(7), EPOCH)).toEqual({ state: start, gap: true });
  });

  it("count even for changes this page does not know", () => {
    const unknown = { kind: "newer", stream: "me", seq: 6 } as unknown as Change;
    expect(fold(meStream, start, unknown, EPOCH).state).toEqual({ ...start, seq: 6 });
  });

  it("mean nothing before a snapshot, nor after a reset until the next", () => {
    expect(fold(meStream, nothing, offered(1), EPOCH).state).toEqual(nothing);
    const reset = forget(start);
    expect(fold(meStream, reset, offered(6), EPOCH)).toEqual({ state: reset, gap: false });
    expect(reset.data).toEqual(start.data);
  });

  it("do not change what they are given", () => {
    const frozen = Object.freeze({ ...start, data: Object.freeze({ ...start.data, pops: Object.freeze([]), calls: Object.freeze([]), link, merged: {} }) }) as unknown as typeof start;
    expect(() => fold(meStream, frozen, offered(6), EPOCH)).not.toThrow();
  });
});

it("a stream is doubted and confirmed without losing what it knows", () => {
  const state = run(meStream, [meSnapshot(1, { pops: [pop("a")] })]);
  expect(confirmed(state, false)).toEqual({ ...state, current: false });
  expect(confirmed(confirmed(state, false), true)).toEqual(state);
});
