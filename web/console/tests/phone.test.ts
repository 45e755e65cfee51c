// The browser's telephone: its state, and the adapter to JsSIP against a pretended one.
import { EventEmitter } from "node:events";

import { beforeEach, describe, expect, it, vi } from "vitest";

import { configuration, sipPhone, type SipPhone } from "@/phone/sip";
import { frontLeg, happened, inCall, OFF, ringingLeg, type Happening, type NewLeg, type Telephone } from "@/phone/state";

const leg = (id: string, more: Partial<NewLeg> = {}): NewLeg => ({ id, direction: "in", number: "+861", name: null, since: 1, ...more });
const after = (...what: Happening[]): Telephone => what.reduce(happened, OFF);
const CREDENTIALS = { uri: "sip:1001@pbx", display_name: "李娜", websocket: "ws://pbx/ws", username: "1001", password: "secret" };

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

/** Browsers call capturing listeners first, wherever they were added; Node's own EventTarget does not. */
class Connection {
  iceConnectionState = "connected";
  private readonly listeners: { type: string; hear: (event: Event) => void; capture: boolean }[] = [];

  addEventListener(type: string, hear: (event: Event) => void, { capture = false } = {}): void {
    this.listeners.push({ type, hear, capture });
  }

  turn(state: string): void {
    this.iceConnectionState = state;
    const type = "iceconnectionstatechange";
    let stopped = false;
    const event = { type, stopImmediatePropagation: () => (stopped = true) } as unknown as Event;
    const ours = this.listeners.filter((one) => one.type === type).sort((a, b) => Number(b.capture) - Number(a.capture));
    for (const { hear } of ours) if (!stopped) hear(event);
  }
}

class Session extends EventEmitter {
  connection = new Connection();
  held = false;
  remote_identity = { uri: { user: "+8613800138000" }, display_name: "" };
  answer = vi.fn();
  terminate = vi.fn();
  mute = vi.fn();
  unmute = vi.fn();
  renegotiate = vi.fn(() => true);
  isReadyToReOffer = () => true;
  isOnHold = () => ({ local: this.held, remote: false });
  hold = vi.fn((_: object, done: () => void) => (this.confirm = done));
  unhold = vi.fn();
  sendDTMF = vi.fn();
  confirm: () => void = () => undefined;
  constructor(
    readonly id: string,
    readonly direction = "incoming",
  ) {
    super();
    // As JsSIP does: it hangs up by itself when the way of the sound is lost.
    this.connection.addEventListener("iceconnectionstatechange", () => this.connection.iceConnectionState === "failed" && this.terminate());
  }
}

class Ua extends EventEmitter {
  start = vi.fn();
  stop = vi.fn();
  register = vi.fn();
  registered = true;
  isRegistered = () => this.registered;
  isConnected = () => this.registered;
  rings(session: Session): void {
    this.emit("newRTCSession", { session });
    session.emit("peerconnection", { peerconnection: session.connection });
  }
}

const track = { stop: vi.fn(), enabled: true };
const stream = { getTracks: () => [track], getAudioTracks: () => [track] } as unknown as MediaStream;

describe("the adapter", () => {
  let ua: Ua;
  let told: Happening[];
  let line: SipPhone;
  let microphone: () => Promise<MediaStream>;
  const state = () => told.reduce(happened, OFF);

  beforeEach(() => {
    vi.useFakeTimers();
    vi.clearAllMocks();
    ua = new Ua();
    told = [];
    microphone = () => Promise.resolve(stream);
    const tools = { ua: () => ({ ua: ua as never, dropLink: vi.fn() }), microphone: () => microphone(), hear: vi.fn(), now: () => 5 };
    line = sipPhone(CREDENTIALS, (what) => told.push(what), tools);
    ua.emit("registered", {});
  });

  it("registers, and says when it is lost and back", () => {
    expect(state().registration).toBe("registered");
    ua.emit("disconnected", {});
    expect(state().registration).toBe("lost");
    ua.emit("registered", {});
    expect(state().registration).toBe("registered");
  });

  it("says that another browser took over instead of fighting for the registration", () => {
    ua.emit("registrationFailed", { cause: "Rejected" });
    expect(state()).toMatchObject({ registration: "refused", refusal: "taken" });
    vi.advanceTimersByTime(60_000);
    expect(ua.register).not.toHaveBeenCalled();
  });

  it("tries a registration again that failed for another reason", () => {
    ua.emit("registrationFailed", { cause: "Request Timeout" });
    vi.advanceTimersByTime(6_000);
    expect(ua.register).toHaveBeenCalledOnce();
  });

  it("answers with the microphone, and gives it back at the end", async () => {
    const call = new Session("a");
    ua.rings(call);
    await line.answer("a");
    expect(call.answer).toHaveBeenCalledWith(expect.objectContaining({ mediaStream: stream }));
    call.emit("accepted", {});
    expect(frontLeg(state())?.stage).toBe("talking");
    call.emit("ended", {});
    expect(track.stop).toHaveBeenCalled();
    expect(state().legs).toEqual([]);
  });

  it("opens no microphone for a caller who went while the browser asked", async () => {
    const call = new Session("a");
    ua.rings(call);
    const answering = line.answer("a");
    call.emit("failed", {});
    await answering;
    expect(call.answer).not.toHaveBeenCalled();
    expect(track.stop).toHaveBeenCalled();
  });

  it("says so and frees the caller when there is no microphone", async () => {
    microphone = () => Promise.reject(new Error("denied"));
    const call = new Session("a");
    ua.rings(call);
    await expect(line.answer("a")).rejects.toThrow("denied");
    expect(call.terminate).toHaveBeenCalledWith(expect.objectContaining({ status_code: 480 }));
    expect(state().refusal).toBe("microphone");
  });

  it("is busy for a second call", () => {
    ua.rings(new Session("a"));
    const second = new Session("b");
    ua.rings(second);
    expect(second.terminate).toHaveBeenCalledWith(expect.objectContaining({ status_code: 486 }));
    expect(state().legs).toHaveLength(1);
  });

  it("confirms a hold only when the PBX has", () => {
    const call = new Session("a");
    ua.rings(call);
    call.emit("accepted", {});
    line.hold("a", true);
    expect(frontLeg(state())).toMatchObject({ held: false, asked: "hold" });
    call.confirm();
    expect(frontLeg(state())).toMatchObject({ held: true, asked: null });
  });

  it("keeps the call when the sound's way is lost, and looks for another", () => {
    const call = new Session("a");
    ua.rings(call);
    call.emit("accepted", {});
    call.connection.turn("failed");
    expect(call.terminate).not.toHaveBeenCalled();
    expect(frontLeg(state())?.media).toBe("broken");
    vi.advanceTimersByTime(1);
    expect(call.renegotiate).toHaveBeenCalledWith({ rtcOfferConstraints: { iceRestart: true } });
    expect(frontLeg(state())?.media).toBe("restarting");
    call.connection.turn("connected");
    expect(frontLeg(state())?.media).toBe("flowing");
  });

  it("leaves a short loss to the browser", () => {
    const call = new Session("a");
    ua.rings(call);
    call.connection.turn("disconnected");
    vi.advanceTimersByTime(1_000);
    call.connection.turn("connected");
    vi.advanceTimersByTime(10_000);
    expect(call.renegotiate).not.toHaveBeenCalled();
  });

  it("waits with the sound until the signalling is back", () => {
    const call = new Session("a");
    ua.rings(call);
    call.emit("accepted", {});
    ua.registered = false;
    call.connection.turn("failed");
    vi.advanceTimersByTime(10_000);
    expect(call.renegotiate).not.toHaveBeenCalled();
    ua.registered = true;
    ua.emit("registered", {});
    expect(call.renegotiate).toHaveBeenCalledOnce();
  });

  it("says nothing any more once it is stopped", () => {
    line.stop();
    const before = told.length;
    ua.emit("registered", {});
    expect(told).toHaveLength(before);
    expect(ua.stop).toHaveBeenCalledOnce();
  });

  it("never tells the password", () => {
    expect(configuration(CREDENTIALS).password).toBe("secret");
    expect(JSON.stringify(told)).not.toContain("secret");
  });
});
