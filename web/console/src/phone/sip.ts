// JsSIP told what to do, and what it tells turned into happenings: the one door to the library.
import type { RTCSessionEvent, UA, UAConfiguration } from "jssip/lib/UA";
import type { RTCSession } from "jssip/lib/RTCSession";

import type { Credentials } from "@/api/types";

import type { Happening } from "./state";

/** What the adapter needs of the page; tests bring their own. */
export interface Tools {
  ua: (credentials: Credentials) => { ua: UA; dropLink: () => void };
  /** The chosen microphone, opened; rejected when the person or the browser says no. */
  microphone: () => Promise<MediaStream>;
  /** Where the other side is heard. */
  hear: (id: string, stream: MediaStream | null) => void;
  now: () => number; // seconds
}

export interface SipPhone {
  answer: (id: string) => Promise<void>;
  hangup: (id: string) => void;
  hold: (id: string, held: boolean) => void;
  mute: (id: string, muted: boolean) => void;
  keys: (id: string, tones: string) => void;
  statistics: (id: string) => Promise<RTCStatsReport | null>;
  /** Another microphone for the calls that go on. */
  replaceMicrophone: () => Promise<void>;
  /** The network is another one, or was away: signalling anew, and sound where it broke. */
  networkChanged: () => void;
  stop: () => void;
}

interface Line {
  session: RTCSession;
  stream: MediaStream | null;
}

const BUSY = { status_code: 486, reason_phrase: "Busy Here" };
const UNAVAILABLE = { status_code: 480, reason_phrase: "Temporarily Unavailable" };
/** Asterisk takes the tones of RFC 4733 from the sound itself, so they keep their place in it. */
const IN_SOUND = "RFC2833";
/** The browser mends a short loss of the way by itself; after this we help. */
const MENDS_ITSELF = 3_000; // ms
/** Some machines have networks that never answer; what is known by then must do. */
const GATHERED = 500; // ms
/** A registration that failed for other reasons than who we are is tried again. */
const TRY_AGAIN = 5_000; // ms
const SOUND_LOST = "RTP Timeout"; // causes.RTP_TIMEOUT of JsSIP
const NOT_TAKEN = ["Rejected", "Authentication Error", "Forbidden"]; // causes of JsSIP for 401, 403, 407

export const configuration = (credentials: Credentials): Omit<UAConfiguration, "sockets"> => ({
  uri: credentials.uri,
  display_name: credentials.display_name,
  authorization_user: credentials.username,
  password: credentials.password,
  user_agent: "Callcenter",
  session_timers: false, // the PBX itself ends calls that carry no sound
  register_expires: 120,
  connection_recovery_min_interval: 1,
  connection_recovery_max_interval: 10,
});

export function sipPhone(credentials: Credentials, tell: (what: Happening) => void, tools: Tools): SipPhone {
  const lines = new Map<string, Line>();
  const { ua, dropLink } = tools.ua(credentials);
  let stopped = false;
  let retry: ReturnType<typeof setTimeout> | undefined;

  function say(what: Happening): void {
    if (!stopped) tell(what);
  }

  ua.on("registered", () => {
    say({ kind: "registered" });
    for (const [id, line] of lines) if (isBroken(line)) restart(id);
  });
  ua.on("disconnected", () => say({ kind: "lost" }));
  ua.on("unregistered", () => say({ kind: "lost" }));
  ua.on("registrationFailed", ({ cause }) => {
    if (NOT_TAKEN.includes(cause ?? "")) return say({ kind: "refused", refusal: "taken" });
    say({ kind: "lost" });
    retry = setTimeout(() => !stopped && ua.isConnected() && ua.register(), TRY_AGAIN);
  });
  ua.on("newRTCSession", ({ session, request }: RTCSessionEvent) => arrived(session, asksToAnswer(request.getHeader("Call-Info"))));

  /** `wanted`: we clicked a number, and the PBX rings us first only to have somebody to connect. */
  function arrived(session: RTCSession, wanted: boolean): void {
    const incoming = session.direction === "incoming";
    if (incoming && lines.size > 0) return session.terminate(BUSY);
    const id = session.id;
    keepWithoutSound(session);
    const { user } = session.remote_identity.uri;
    lines.set(id, { session, stream: null });
    const name = session.remote_identity.display_name || null;
    say({ kind: "leg", leg: { id, direction: incoming ? "in" : "out", number: user || null, name, since: tools.now() } });
    session.on("peerconnection", ({ peerconnection }) => follow(id, peerconnection));
    session.on("accepted", () => say({ kind: "talking", id, since: tools.now() }));
    session.on("icecandidate", ({ ready }) => void setTimeout(ready, GATHERED)); // the first of them is reason enough
    session.on("muted", () => say({ kind: "muted", id, muted: true }));
    session.on("unmuted", () => say({ kind: "muted", id, muted: false }));
    session.on("ended", () => over(id));
    session.on("failed", () => over(id));
    if (session.connection) follow(id, session.connection); // an outgoing one has it already
    if (incoming && wanted) void answer(id).catch(() => undefined); // what went wrong is in the state
  }

  function over(id: string): void {
    lines.get(id)?.stream?.getTracks().forEach((track) => track.stop());
    lines.delete(id);
    tools.hear(id, null);
    say({ kind: "ended", id });
  }

  function follow(id: string, connection: RTCPeerConnection): void {
    connection.addEventListener("track", ({ streams, track }) => tools.hear(id, streams[0] ?? new MediaStream([track])));
    let timer: ReturnType<typeof setTimeout> | undefined;
    connection.addEventListener("iceconnectionstatechange", () => {
      clearTimeout(timer);
      const state = connection.iceConnectionState;
      if (state === "connected" || state === "completed") say({ kind: "media", id, media: "flowing" });
      if (state !== "failed" && state !== "disconnected") return;
      say({ kind: "media", id, media: "broken" });
      timer = setTimeout(() => restart(id), state === "failed" ? 0 : MENDS_ITSELF);
    });
  }

  function isBroken({ session }: Line): boolean {
    return ["disconnected", "failed"].includes(session.connection?.iceConnectionState ?? "");
  }

  /** New addresses for the sound. While the signalling is away it waits for the registration. */
  function restart(id: string): void {
    const line = lines.get(id);
    if (!line || !isBroken(line) || !ua.isRegistered()) return;
    const done = () => !isBroken(line) && say({ kind: "media", id, media: "flowing" });
    if (line.session.renegotiate({ rtcOfferConstraints: { iceRestart: true } }, done)) say({ kind: "media", id, media: "restarting" });
  }

  async function answer(id: string): Promise<void> {
    const line = lines.get(id);
    if (!line || line.stream) return;
    say({ kind: "answering", id });
    try {
      line.stream = await tools.microphone();
    } catch (error) {
      say({ kind: "refused", refusal: "microphone" });
      if (lines.has(id)) line.session.terminate(UNAVAILABLE);
      throw error;
    }
    // The caller may have gone while the browser asked for the microphone.
    if (!lines.has(id)) return line.stream.getTracks().forEach((track) => track.stop());
    line.session.answer({ mediaStream: line.stream, pcConfig: { bundlePolicy: "max-bundle" } });
  }

  function hangup(id: string): void {
    const line = lines.get(id);
    if (!line) return;
    say({ kind: "ending", id });
    line.session.terminate();
  }

  function hold(id: string, held: boolean): void {
    const session = lines.get(id)?.session;
    if (!session || !ua.isConnected()) return;
    const { local } = session.isOnHold();
    if (local === held || !session.isReadyToReOffer()) return;
    say({ kind: "asked", id, wish: held ? "hold" : "resume" });
    const done = () => say({ kind: "held", id, held });
    if (held) session.hold({}, done);
    else session.unhold({}, done);
  }

  function mute(id: string, muted: boolean): void {
    const session = lines.get(id)?.session;
    if (muted) session?.mute({ audio: true });
    else session?.unmute({ audio: true });
  }

  async function replaceMicrophone(): Promise<void> {
    for (const [id, line] of lines) {
      if (!line.stream) continue;
      const fresh = await tools.microphone();
      const [track] = fresh.getAudioTracks();
      const old = line.stream;
      if (!track || !lines.has(id)) return fresh.getTracks().forEach((one) => one.stop());
      track.enabled = old.getAudioTracks()[0]?.enabled ?? true;
      const sender = line.session.connection.getSenders().find((one) => one.track?.kind === "audio");
      await sender?.replaceTrack(track);
      line.stream = fresh;
      old.getTracks().forEach((one) => one.stop());
    }
  }

  function stop(): void {
    stopped = true;
    clearTimeout(retry);
    ua.stop(); // hangs up and unregisters
    for (const id of [...lines.keys()]) tools.hear(id, null);
    for (const { stream } of lines.values()) stream?.getTracks().forEach((track) => track.stop());
    lines.clear();
  }

  say({ kind: "started" });
  ua.start();
  return {
    answer,
    hangup,
    hold,
    mute,
    replaceMicrophone,
    stop,
    keys: (id, tones) => lines.get(id)?.session.sendDTMF(tones, { transportType: IN_SOUND as never }),
    statistics: async (id) => (await lines.get(id)?.session.connection?.getStats()) ?? null,
    networkChanged: dropLink,
  };
}

/** JsSIP hangs up when the sound's way is lost; we look for another. The PBX ends what stays silent. */
function keepWithoutSound(session: RTCSession): void {
  const terminate = session.terminate.bind(session);
  session.terminate = (options) => {
    if (options?.cause !== SOUND_LOST) terminate(options);
  };
}

/** Only the PBX can say so: what callers write into a call ends at its dialplan. */
const asksToAnswer = (header: string | undefined): boolean => /;\s*answer-after=0\b/.test(header ?? "");

/** The library itself, fetched only by those who have a browser telephone. */
export async function library(): Promise<Tools["ua"]> {
  const [{ default: JsSIP }, { SipSocket }] = await Promise.all([import("jssip"), import("./socket")]);
  return (credentials) => {
    const socket = new SipSocket(credentials.websocket);
    return { ua: new JsSIP.UA({ ...configuration(credentials), sockets: [socket] }), dropLink: () => socket.drop() };
  };
}
