// What agents are told of the quality of a call, from the browser's counters.
import { describe, expect, it } from "vitest";

import { judge, newWatch, sampleOf, type Sample, type Watch } from "@/phone/quality";

const sample = (at: number, more: Partial<Sample> = {}): Sample => ({ at, received: at * 50, lost: 0, sent: at * 50, jitter: 0.004, rtt: 0.03, remoteLost: 0, loudness: 0.1, ...more });

function verdicts(samples: Sample[], held = false): (string | null)[] {
  let watch: Watch = newWatch(samples[0]?.at ?? 0);
  return samples.map((one) => {
    const judged = judge(watch, one, held);
    watch = judged.watch;
    return judged.health.trouble;
  });
}
const times = (n: number) => Array.from({ length: n }, (_, index) => index * 2);

describe("quality", () => {
  it("has nothing to say about a good call", () => {
    expect(verdicts(times(6).map((at) => sample(at)))).toEqual([null, null, null, null, null, null]);
  });

  it("says loss only when it lasts, and unsays it only when it is gone for a while", () => {
    const lossy = times(5).map((at) => sample(at, { received: at * 45, lost: at * 5 }));
    const clean = [10, 12, 14].map((at) => sample(at, { received: 360 + (at - 8) * 50, lost: 40 }));
    expect(verdicts([...lossy, ...clean])).toEqual([null, null, null, "choppyHere", "choppyHere", "choppyHere", "choppyHere", null]);
  });

  it("does not mind a single bad moment", () => {
    const moment = times(6).map((at) => sample(at, { jitter: at === 4 ? 0.3 : 0.004 }));
    expect(verdicts(moment).filter(Boolean)).toEqual([]);
  });

  it("says who hears the gaps, and that people talk over each other", () => {
    expect(verdicts(times(4).map((at) => sample(at, { remoteLost: 0.2 }))).at(-1)).toBe("choppyThere");
    expect(verdicts(times(4).map((at) => sample(at, { rtt: 0.9 }))).at(-1)).toBe("delayed");
  });

  it("notices at once that nothing is heard, but not while the call is held", () => {
    const silent = times(5).map((at) => sample(at, { received: 100 }));
    expect(verdicts(silent)).toEqual([null, null, null, "nothingHeard", "nothingHeard"]);
    expect(verdicts(silent, true).filter(Boolean)).toEqual([]);
  });

  it("does not take counters that start again for anything", () => {
    const reset = [sample(0), sample(2), sample(4, { received: 10, lost: 0 }), sample(6, { received: 110, lost: 0 })];
    expect(verdicts(reset).filter(Boolean)).toEqual([]);
  });
});

describe("a sample", () => {
  it("is read from the rows of a report, of whatever browser", () => {
    const rows = [
      { type: "inbound-rtp", kind: "audio", packetsReceived: 90, packetsLost: 10, jitter: 0.01 },
      { type: "outbound-rtp", kind: "audio", packetsSent: 100 },
      { type: "remote-inbound-rtp", kind: "audio", roundTripTime: 0.08, fractionLost: 0.02 },
      { type: "media-source", kind: "audio", audioLevel: 0.3 },
      { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.2 },
    ];
    expect(sampleOf(rows, 7)).toEqual({ at: 7, received: 90, lost: 10, sent: 100, jitter: 0.01, rtt: 0.08, remoteLost: 0.02, loudness: 0.3 });
  });

  it("may have next to nothing in it", () => {
    expect(sampleOf([], 1)).toEqual({ at: 1, received: 0, lost: 0, sent: 0, jitter: null, rtt: null, remoteLost: null, loudness: null });
    expect(sampleOf([{ type: "candidate-pair", nominated: true, currentRoundTripTime: 0.2 }], 1).rtt).toBe(0.2);
  });
});
