// The browser's telephone: its state, what an agent is told of it, keys and numbers.
import { describe, expect, it } from "vitest";

import { shortcutOf } from "@/phone/shortcuts";
import { frontLeg, happened, inCall, OFF, ringingLeg, type Happening, type NewLeg, type Telephone } from "@/phone/state";
import { isNumber, plainNumber } from "@/phone/transfer";
import { whatIsWrong } from "@/phone/trouble";
import type { AgentStatus } from "@/live/frames";

const leg = (id: string, more: Partial<NewLeg> = {}): NewLeg => ({ id, direction: "in", number: "+861", name: null, since: 1, ...more });
const after = (...what: Happening[]): Telephone => what.reduce(happened, OFF);

describe("the telephone", () => {
  it("tells ringing, answering and talking apart", () => {
    const rings = after({ kind: "started" }, { kind: "registered" }, { kind: "leg", leg: leg("a") });
    expect(ringingLeg(rings)?.id).toBe("a");
    const answering = happened(rings, { kind: "answering", id: "a" });
    expect(ringingLeg(answering)).toBeNull();
    expect(inCall(answering)).toBe(true);
    expect(frontLeg(happened(answering, { kind: "talking", id: "a", since: 9 }))).toMatchObject({ stage: "talking", since: 9 });
  });

  it("shows a hold that was asked for as asked, until the PBX has confirmed it", () => {
    const talking = after({ kind: "leg", leg: leg("a") }, { kind: "talking", id: "a", since: 2 }, { kind: "asked", id: "a", wish: "hold" });
    expect(frontLeg(talking)).toMatchObject({ held: false, asked: "hold" });
    expect(frontLeg(happened(talking, { kind: "held", id: "a", held: true }))).toMatchObject({ held: true, asked: null });
  });

  it("keeps its calls when the signalling is lost", () => {
    const talking = after({ kind: "registered" }, { kind: "leg", leg: leg("a") }, { kind: "talking", id: "a", since: 2 }, { kind: "lost" });
    expect(talking.registration).toBe("lost");
    expect(frontLeg(talking)?.stage).toBe("talking");
  });

  it("does not take a loss for news when it was refused or off", () => {
    expect(happened(OFF, { kind: "lost" })).toBe(OFF);
    const refused = after({ kind: "refused", refusal: "taken" });
    expect(happened(refused, { kind: "lost" })).toEqual(refused);
  });

  it("ignores what is told of a call that is over or being hung up", () => {
    const ending = after({ kind: "leg", leg: leg("a") }, { kind: "ending", id: "a" });
    expect(happened(ending, { kind: "talking", id: "a", since: 1 })).toBe(ending);
    expect(happened(OFF, { kind: "muted", id: "x", muted: true })).toBe(OFF);
    expect(happened(ending, { kind: "ended", id: "a" }).legs).toEqual([]);
  });

  it("knows the same call told twice", () => {
    const once = after({ kind: "leg", leg: leg("a") });
    expect(happened(once, { kind: "leg", leg: leg("a") })).toBe(once);
  });

  it("puts what is talked to before what rings", () => {
    const both = after({ kind: "leg", leg: leg("a") }, { kind: "leg", leg: leg("b") }, { kind: "talking", id: "b", since: 1 });
    expect(frontLeg(both)?.id).toBe("b");
  });
});

describe("what an agent is told", () => {
  const desk = (state: string): AgentStatus => ({ agent: 1, name: "a", state: "ready", reasons: [], since: 1, until: null, interaction: null, queue: null, pending: null, phone: { interface: "PJSIP/1", kind: "desk", state } });
  const talking: Happening[] = [{ kind: "registered" }, { kind: "leg", leg: leg("a") }, { kind: "talking", id: "a", since: 1 }];

  it("is nothing while all is well", () => {
    expect(whatIsWrong(OFF, null)).toBeNull();
    expect(whatIsWrong(after(...talking), desk("NOT_INUSE"))).toBeNull();
  });

  it("is the worst that there is", () => {
    expect(whatIsWrong(after({ kind: "refused", refusal: "taken" }), null)).toEqual({ text: "line.taken", bad: true, again: true });
    expect(whatIsWrong(after(...talking, { kind: "lost" }), null)?.text).toBe("line.lostInCall");
    expect(whatIsWrong(after(...talking, { kind: "lost" }, { kind: "media", id: "a", media: "broken" }), null)?.text).toBe("line.soundLost");
    const choppy = { loss: 0.2, jitter: null, rtt: null, trouble: "choppyHere" } as const;
    expect(whatIsWrong(after(...talking, { kind: "health", id: "a", health: choppy }), null)?.text).toBe("quality.choppyHere");
    expect(whatIsWrong(OFF, desk("UNAVAILABLE"))?.text).toBe("agent.deskAway");
  });
});

describe("keys for the call", () => {
  const key = (code: string, more = {}) => ({ altKey: true, shiftKey: true, ctrlKey: false, metaKey: false, repeat: false, code, ...more });

  it("need their modifiers, all of them and no other", () => {
    expect(shortcutOf(key("KeyH"))).toBe("hold");
    for (const more of [{ altKey: false }, { shiftKey: false }, { ctrlKey: true }, { metaKey: true }, { repeat: true }]) expect(shortcutOf(key("KeyH", more))).toBeNull();
    expect(shortcutOf(key("KeyZ"))).toBeNull();
  });
});

describe("numbers to call", () => {
  it("are read as people write them", () => {
    expect(plainNumber("+86 (138) 0013-8000")).toBe("+8613800138000");
    expect(["1001", "+49 30 901820", "138.0013.8000"].map(isNumber)).toEqual([true, true, true]);
    expect(["", "1", "300&Local/1", "anonymous", "+", "１３８００"].map(isNumber)).toEqual([false, false, false, false, false, false]);
  });
});
