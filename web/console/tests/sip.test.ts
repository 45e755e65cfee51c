// The adapter to JsSIP against a pretended one.
import { EventEmitter } from "node:events";

import { beforeEach, describe, expect, it, vi } from "vitest";

import { configuration, sipPhone, type SipPhone } from "@/phone/sip";
import { frontLeg, happened, OFF, type Happening } from "@/phone/state";

const CREDENTIALS = { uri: "sip:1001@pbx", display_name: "李娜", websocket: "ws://pbx/ws", username: "1001", password: "secret" };

class Connection extends EventTarget {
  iceConnectionState = "connected";
  turn(state: string): void {
    this.iceConnectionState = state;
    this.dispatchEvent(new Event("iceconnectionstatechange"));
  }
}

class Session extends EventEmitter {
  connection = new Connection();
  held = false;
  remote_identity = { uri: { user: "+8613800138000" }, display_name: "" };
  answer = vi.fn();
  hungUp = vi.fn();
  terminate(options?: object): void {
    this.hungUp(options);
  }
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
    this.connection.addEventListener("iceconnectionstatechange", () => this.connection.iceConnectionState === "failed" && this.terminate({ cause: "RTP Timeout", status_code: 408 }));
  }
}

class Ua extends EventEmitter {
  start = vi.fn();
  stop = vi.fn();
  register = vi.fn();
  registered = true;
  isRegistered = () => this.registered;
  isConnected = () => this.registered;
  rings(session: Session, info?: string): void {
    this.emit("newRTCSession", { session, request: { getHeader: (name: string) => (name === "Call-Info" ? info : undefined) } });
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

  it("answers by itself when the PBX rings because a number was clicked here", async () => {
    const [clicked, other] = [new Session("a"), new Session("b")];
    ua.rings(clicked, "<sip:callcenter>;answer-after=0");
    await Promise.resolve();
    expect(clicked.answer).toHaveBeenCalledOnce();
    clicked.emit("ended", {});
    ua.rings(other, "<sip:callcenter>;answer-after=9");
    await Promise.resolve();
    expect(other.answer).not.toHaveBeenCalled();
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
    expect(call.hungUp).toHaveBeenCalledWith(expect.objectContaining({ status_code: 480 }));
    expect(state().refusal).toBe("microphone");
  });

  it("is busy for a second call", () => {
    ua.rings(new Session("a"));
    const second = new Session("b");
    ua.rings(second);
    expect(second.hungUp).toHaveBeenCalledWith(expect.objectContaining({ status_code: 486 }));
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
    expect(call.hungUp).not.toHaveBeenCalled();
    expect(frontLeg(state())?.media).toBe("broken");
    vi.advanceTimersByTime(1);
    expect(call.renegotiate).toHaveBeenCalledWith({ rtcOfferConstraints: { iceRestart: true } }, expect.any(Function));
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
