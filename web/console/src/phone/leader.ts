// Of several tabs of one person one has the telephone; the others show what it does and may ask it to act.

type Message<S, C> = { kind: "state"; state: S } | { kind: "command"; command: C } | { kind: "who" };

/** What is used of BroadcastChannel and of Web Locks, so that tests can bring their own. */
export interface Channel {
  postMessage: (message: unknown) => void;
  onmessage: ((event: MessageEvent) => void) | null;
  close: () => void;
}
export interface Locks {
  request: (name: string, options: { signal: AbortSignal }, held: () => Promise<void>) => Promise<unknown>;
}

export interface Duties<S, C> {
  /** This tab has the telephone from now on. */
  lead: () => void;
  /** The leading tab acts. */
  act: (command: C) => void;
  /** The others show. */
  show: (state: S) => void;
  /** What the leading tab tells. */
  state: () => S;
}

export class Tabs<S, C> {
  leading = false;
  private readonly left = new AbortController();
  private release: () => void = () => undefined;

  constructor(
    private readonly name: string,
    private readonly channel: Channel,
    private readonly duties: Duties<S, C>,
  ) {
    channel.onmessage = ({ data }) => this.hear(data as Message<S, C>);
  }

  /** The lock is kept until the tab goes, and passes to the next by itself; without locks each tab leads. */
  join(locks: Locks | null): void {
    if (!locks) return this.lead();
    const held = () =>
      new Promise<void>((release) => {
        this.release = release;
        this.lead();
      });
    locks.request(this.name, { signal: this.left.signal }, held).catch(() => undefined); // given up while waiting
    this.post({ kind: "who" });
  }

  leave(): void {
    this.leading = false;
    this.left.abort();
    this.release();
    this.channel.close();
  }

  /** Called by the leading tab whenever its state has changed. */
  tell(): void {
    if (this.leading) this.post({ kind: "state", state: this.duties.state() });
  }

  ask(command: C): void {
    if (this.leading) this.duties.act(command);
    else this.post({ kind: "command", command });
  }

  private lead(): void {
    if (this.left.signal.aborted) return this.release();
    this.leading = true;
    this.duties.lead();
  }

  private hear(message: Message<S, C>): void {
    if (message.kind === "who") this.tell();
    else if (message.kind === "command" && this.leading) this.duties.act(message.command);
    else if (message.kind === "state" && !this.leading) this.duties.show(message.state);
  }

  private post(message: Message<S, C>): void {
    this.channel.postMessage(message);
  }
}
