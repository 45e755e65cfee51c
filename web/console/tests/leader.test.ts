// Several tabs of one person: one has the telephone, the others show it, and it passes on when a tab goes.
import { describe, expect, it } from "vitest";

import { Tabs, type Channel, type Locks } from "@/phone/leader";

/** What the browser offers to the tabs of one origin, without a browser. */
class Origin implements Locks {
  private readonly channels = new Set<Channel>();
  private readonly queue: { held: () => Promise<void>; signal: AbortSignal }[] = [];
  private busy = false;

  channel(): Channel {
    const own: Channel = {
      onmessage: null,
      close: () => void this.channels.delete(own),
      postMessage: (data) => this.channels.forEach((one) => one !== own && one.onmessage?.({ data: structuredClone(data) } as MessageEvent)),
    };
    this.channels.add(own);
    return own;
  }

  request(_: string, { signal }: { signal: AbortSignal }, held: () => Promise<void>): Promise<void> {
    this.queue.push({ held, signal });
    void this.next();
    return Promise.resolve();
  }

  private async next(): Promise<void> {
    if (this.busy) return;
    const first = this.queue.shift();
    if (!first) return;
    if (!first.signal.aborted) {
      this.busy = true;
      await first.held();
      this.busy = false;
    }
    void this.next();
  }
}

function tab(origin: Origin, locks: Locks | null = origin) {
  const seen = { leads: false, shown: null as number | null, acted: [] as string[], state: 0 };
  const duties = { lead: () => (seen.leads = true), act: (command: string) => seen.acted.push(command), show: (state: number) => (seen.shown = state), state: () => seen.state };
  const tabs = new Tabs<number, string>("phone", origin.channel(), duties);
  tabs.join(locks);
  return { tabs, seen };
}
const settle = () => new Promise((done) => setTimeout(done));

describe("several tabs", () => {
  it("have one telephone between them", () => {
    const origin = new Origin();
    const all = [tab(origin), tab(origin), tab(origin)];
    expect(all.map(({ seen }) => seen.leads)).toEqual([true, false, false]);
  });

  it("all show what the one does, from the first moment", () => {
    const origin = new Origin();
    const first = tab(origin);
    first.seen.state = 7;
    const second = tab(origin);
    expect(second.seen.shown).toBe(7);
    first.seen.state = 8;
    first.tabs.tell();
    expect(second.seen.shown).toBe(8);
    expect(first.seen.shown).toBeNull();
  });

  it("may each ask, and only the one acts", () => {
    const origin = new Origin();
    const [first, second, third] = [tab(origin), tab(origin), tab(origin)];
    second.tabs.ask("answer");
    first.tabs.ask("mute");
    expect(first.seen.acted).toEqual(["answer", "mute"]);
    expect([...second.seen.acted, ...third.seen.acted]).toEqual([]);
  });

  it("pass the telephone on when its tab goes", async () => {
    const origin = new Origin();
    const [first, second] = [tab(origin), tab(origin)];
    first.tabs.leave();
    await settle();
    expect(second.seen.leads).toBe(true);
    expect(first.tabs.leading).toBe(false);
  });

  it("skip a tab that went while it waited", async () => {
    const origin = new Origin();
    const [first, second, third] = [tab(origin), tab(origin), tab(origin)];
    second.tabs.leave();
    first.tabs.leave();
    await settle();
    expect([second.seen.leads, third.seen.leads]).toEqual([false, true]);
  });

  it("each have it in a browser without locks", () => {
    const origin = new Origin();
    expect(tab(origin, null).seen.leads).toBe(true);
  });

  it("do not listen to a tab that does not lead", () => {
    const origin = new Origin();
    const [first, second] = [tab(origin), tab(origin)];
    second.tabs.tell();
    expect(first.seen.shown).toBeNull();
  });
});
