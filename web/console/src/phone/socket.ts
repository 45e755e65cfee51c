// The WebSocket under JsSIP: a link that is dead but does not say so is noticed and dropped.
import type { Socket } from "jssip/lib/Socket";

/** The PBX asks every telephone whether it lives, every 10 s as we ship it. */
const QUIET = 35_000; // ms

export class SipSocket implements Socket {
  via_transport: string;
  readonly sip_uri: string;
  onconnect: () => void = () => undefined;
  ondisconnect: (error: boolean, code?: number, reason?: string) => void = () => undefined;
  ondata: <T>(data: T) => void = () => undefined;

  private socket: WebSocket | null = null;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private asked = false; // this PBX does ask, so that its silence means something

  constructor(readonly url: string) {
    const { protocol, host } = new URL(url);
    this.via_transport = protocol === "wss:" ? "WSS" : "WS";
    this.sip_uri = `sip:${host};transport=ws`;
  }

  connect(): void {
    if (this.socket) return;
    const socket = new WebSocket(this.url, "sip");
    this.socket = socket;
    socket.onopen = () => socket === this.socket && this.onconnect();
    socket.onclose = ({ wasClean, code, reason }) => {
      if (socket === this.socket) this.gone(!wasClean, code, reason);
    };
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      if (socket !== this.socket) return;
      this.heard(data);
      this.ondata(data);
    };
  }

  disconnect(): void {
    clearTimeout(this.silence);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  /** The network says it changed, or nothing was heard for too long: what there is, is not believed. */
  drop(): void {
    if (!this.socket) return;
    this.disconnect();
    this.ondisconnect(true);
  }

  send(message: string | ArrayBufferLike | Blob | ArrayBufferView): boolean {
    if (!this.isConnected()) return false;
    this.socket?.send(message as string);
    return true;
  }

  isConnected(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  isConnecting(): boolean {
    return this.socket?.readyState === WebSocket.CONNECTING;
  }

  private heard(data: string): void {
    this.asked ||= data.startsWith("OPTIONS ");
    clearTimeout(this.silence);
    if (this.asked) this.silence = setTimeout(() => this.drop(), QUIET);
  }

  private gone(error: boolean, code: number, reason: string): void {
    clearTimeout(this.silence);
    this.socket = null;
    this.ondisconnect(error, code, reason);
  }
}
