// The connection against a pretended gateway and clock.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { backOff, LiveSocket, type LinkPhase } from "@/live/socket";

class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readyState = 1;
  sent: string[] = [];
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }
  send(text: string) {
    this.sent.push(text);
  }
  close() {
    this.readyState = 3;
  }
  hear(frame: object) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

const welcome = { kind: "welcome", user: 1, agent: 1, epoch: "e", now: 0, beat: 5 };
const phases: LinkPhase[] = [];
let turnedAway = 0;
const last = () => FakeSocket.all.at(-1) as FakeSocket;
const start = () => {
  const socket = new LiveSocket({ url: () => "ws://gateway/", frame: () => undefined, phase: (phase) => phases.push(phase), turnedAway: () => (turnedAway += 1) });
  socket.open();
  return socket;
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  FakeSocket.all = [];
  phases.length = 0;
  turnedAway = 0;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the connection", () => {
  it("is open when the gateway has welcomed", () => {
    start();
    expect(phases).toEqual(["connecting"]);
    last().hear(welcome);
    expect(phases).toEqual(["connecting", "open"]);
  });

  it("is lost after two beats of silence, and tries again", () => {
    start();
    last().hear(welcome);
    vi.advanceTimersByTime(9_000);
    last().hear({ kind: "beat", now: 1 });
    vi.advanceTimersByTime(9_999);
    expect(phases.at(-1)).toBe("open");
    vi.advanceTimersByTime(1);
    expect(phases.at(-1)).toBe("lost");
    vi.advanceTimersByTime(1_000);
    expect(FakeSocket.all).toHaveLength(2);
  });

  it("does not come back by itself when signed out or refused", () => {
    for (const [code, phase] of [[4401, "ended"], [4403, "refused"]] as const) {
      start();
      const before = FakeSocket.all.length;
      last().onclose?.({ code });
      vi.advanceTimersByTime(60_000);
      expect(phases.at(-1)).toBe(phase);
      expect(FakeSocket.all).toHaveLength(before);
    }
  });

  it("says when it was not let in, and only then", () => {
    start();
    last().hear(welcome);
    last().onclose?.({ code: 1006 });
    expect(turnedAway).toBe(0);
    vi.advanceTimersByTime(1_000);
    last().onclose?.({ code: 1006 });
    expect(turnedAway).toBe(1);
  });

  it("ignores a socket that was given up", () => {
    start();
    last().hear(welcome);
    const old = last();
    vi.advanceTimersByTime(11_000);
    const heard = phases.length;
    old.hear({ kind: "beat", now: 2 });
    old.onclose?.({ code: 1006 });
    expect(phases).toHaveLength(heard);
  });

  it("sends nothing later that could not be sent now", () => {
    const socket = start();
    last().readyState = 0;
    expect(socket.send({ kind: "dismiss", interaction: "a" })).toBe(false);
    expect(last().sent).toEqual([]);
  });
});

describe("the way back", () => {
  it("waits longer each time, spread, up to a bound", () => {
    const longest = [0, 1, 2, 20].map((attempt) => backOff(attempt, 1006, () => 1));
    expect(longest).toEqual([400, 800, 1600, 15_000]);
    expect(backOff(20, 1006, () => 0)).toBe(7_500);
  });

  it("leaves a gateway alone that found us too slow", () => {
    expect(backOff(0, 1013, () => 0)).toBeGreaterThan(5_000);
  });
});
