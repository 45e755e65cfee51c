// What is owed to callers: the law of the stream, how pressing an age is, words for every code.
import { describe, expect, it } from "vitest";

import type { Link, Snapshot, WorkState, WorkUpdated } from "@/live/frames";
import { fold, nothing, type Change, type StreamState } from "@/live/reducers";
import { workStream, type Work } from "@/work/stream";
import { ageTone, CALLBACK_STATES, isOver, KINDS, reasonKey, REASONS, resultKey } from "@/work/words";

const link: Link = { pbx: "up", pbx_since: 1, store: "up", store_since: 1 };
const figures = (missed: number, callbacks = 0): Omit<WorkState, "link"> => ({ missed, claimed: 1, oldest: 5, callbacks, offers: [] });
const snapshot = (seq: number, work: Omit<WorkState, "link">): Snapshot => ({ kind: "snapshot", stream: "work", seq, me: null, board: null, work: { ...work, link } });
const updated = (seq: number, work: Omit<WorkState, "link">): WorkUpdated => ({ kind: "workupdated", stream: "work", seq, ...work, changed: [{ kind: "missed", id: seq, state: "open" }] });

function run(frames: readonly (Snapshot | Change)[]): StreamState<Work> {
  return frames.reduce<StreamState<Work>>((state, frame) => fold(workStream, state, frame, "e1").state, nothing);
}
const shown = ({ data }: StreamState<Work>) => ({ ...data, changed: null, round: null });

describe("the work's stream", () => {
  it("is the same by snapshot and frames as by a later snapshot", () => {
    const offers = [{ callback: 3, agent: 1, queue: "sales", since: 9 }];
    const story = [figures(1), figures(2, 1), { ...figures(0, 1), oldest: null, offers }];
    const frames: (Snapshot | Change)[] = [snapshot(0, figures(0))];
    story.forEach((state, index) => {
      frames.push(updated(index + 1, state));
      expect(shown(run(frames))).toEqual(shown(run([snapshot(index + 1, state)])));
    });
  });

  it("says which rows to read again, and that after a snapshot it may be any", () => {
    const later = run([snapshot(0, figures(0)), updated(1, figures(1)), updated(2, figures(2))]);
    expect(later.data).toMatchObject({ round: 2, changed: [{ kind: "missed", id: 2 }] });
    expect(run([snapshot(7, figures(2))]).data).toMatchObject({ round: 0, changed: [] });
  });

  it("follows the links", () => {
    const down: Link = { ...link, pbx: "down" };
    const state = run([snapshot(0, figures(3)), { kind: "linkchanged", stream: "work", seq: 1, link: down }]);
    expect(state.data).toMatchObject({ link: down, missed: 3 });
  });
});

describe("words", () => {
  it("say how pressing an age is", () => {
    const ages = [0, 14 * 60, 15 * 60, 59 * 60, 60 * 60, 7200];
    expect(ages.map((age) => ageTone(1000, 1000 + age))).toEqual(["plain", "plain", "warn", "warn", "bad", "bad"]);
  });

  it("know every code that people or the service give", () => {
    for (const code of Object.keys(REASONS)) expect(reasonKey(code)).not.toBeNull();
    expect(reasonKey("answered")).toBe("missed.reasonAnswered");
    expect(reasonKey("toString")).toBeNull();
    expect(resultKey("ami_timeout")).toBe("callback.resultFailed");
    expect(Object.keys(KINDS)).toHaveLength(3);
    expect(Object.keys(CALLBACK_STATES).filter(isOver)).toEqual(["done", "failed", "cancelled"]);
  });
});
