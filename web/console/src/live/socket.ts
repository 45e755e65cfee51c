// Keeps one connection to the gateway: connect, notice silence, come back with jitter, say what is known.
import type { ClientFrame, ServerFrame } from "./frames";

export const CLOSE = {
  tooSlow: 1013,
  badFrame: 4400,
  unauthenticated: 4401,
  forbidden: 4403,
} as const;

/** `lost` since the last frame heard; `ended` needs a new sign-in; `refused` will not change by trying. */
export type LinkPhase = "idle" | "connecting" | "open" | "lost" | "ended" | "refused";

export interface SocketHandlers {
  url: () => string;
  frame: (frame: ServerFrame) => void;
  /** `heard` is the local time in ms at which something was last heard. */
  phase: (phase: LinkPhase, heard: number) => void;
  /** Closed before a welcome. Perhaps nobody is signed in: a browser does not tell why an upgrade failed. */
  turnedAway: () => void;
}

const FIRST_DELAY = 400;
const MAX_DELAY = 15_000;
/** A gateway that found us too slow wants to be left alone for a while. */
const SLOW_DELAY = 5_000;
/** Until Welcome says how often to expect a beat, and for the handshake itself. */
const HANDSHAKE_SECONDS = 10;

/** Delay before try number `attempt` (0, 1, …), spread so that consoles do not all come back at once. */
export function backOff(attempt: number, code: number, random: () => number = Math.random): number {
  const ceiling = Math.min(MAX_DELAY, FIRST_DELAY * 2 ** attempt);
  const jittered = ceiling * (0.5 + random() / 2);
  return code === CLOSE.tooSlow ? SLOW_DELAY + jittered : jittered;
}

const FINAL: Partial<Record<number, LinkPhase>> = {
  [CLOSE.unauthenticated]: "ended",
  [CLOSE.forbidden]: "refused",
};

export class LiveSocket {
  private socket: WebSocket | null = null;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private welcomed = false;
  private attempt = 0;
  private beat = HANDSHAKE_SECONDS / 2;
  private heard = Date.now();

  constructor(private readonly on: SocketHandlers) {}

  open(): void {
    if (this.socket) return;
    clearTimeout(this.retry);
    if (this.attempt === 0) this.on.phase("connecting", this.heard);
    const socket = new WebSocket(this.on.url());
    this.socket = socket;
    this.welcomed = false;
    this.listenForSilence(socket);
    socket.onmessage = (message: MessageEvent) => this.receive(socket, message.data);
    socket.onclose = (event) => this.closed(socket, event.code);
  }

  /** False when there is no connection: nothing is queued, so that nothing is done later unasked. */
  send(frame: ClientFrame): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Try at once, e.g. because the network is back. */
  hurry(): void {
    if (this.retry === undefined) return;
    this.attempt = 0;
    this.open();
  }

  close(): void {
    clearTimeout(this.retry);
    clearTimeout(this.silence);
    this.retry = undefined;
    this.attempt = 0;
    const socket = this.socket;
    this.socket = null;
    socket?.close(1000);
    this.on.phase("idle", this.heard);
  }

  private receive(socket: WebSocket, data: unknown): void {
    if (socket !== this.socket || typeof data !== "string") return;
    const frame = JSON.parse(data) as ServerFrame;
    this.heard = Date.now();
    if (frame.kind === "welcome") {
      this.beat = frame.beat;
      this.attempt = 0;
      this.welcomed = true;
      this.on.phase("open", this.heard);
    }
    this.listenForSilence(socket);
    this.on.frame(frame);
  }

  /** A half-open link looks healthy to the browser; two beats without a frame say otherwise. */
  private listenForSilence(socket: WebSocket): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      socket.close();
      this.closed(socket, 1006); // the browser may take a minute to say so itself
    }, this.beat * 2000);
  }

  private closed(socket: WebSocket, code: number): void {
    if (socket !== this.socket) return;
    this.socket = null;
    clearTimeout(this.silence);
    this.beat = HANDSHAKE_SECONDS / 2;
    const final = FINAL[code];
    this.on.phase(final ?? "lost", this.heard);
    if (final) return;
    if (!this.welcomed) this.on.turnedAway();
    this.retry = setTimeout(() => {
      this.retry = undefined;
      this.open();
    }, backOff(this.attempt++, code));
  }
}
