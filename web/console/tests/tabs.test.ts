import { describe, expect, it } from "vitest";

import { contactOfCall } from "@/agent/contact";
import { follow, neighbour, type Tab } from "@/agent/tabs";
import type { Call, Pop } from "@/live/frames";

const call = (interaction: string, state: Call["state"] = "talking"): Call => ({ interaction, direction: "inbound", number: null, name: null, queue: null, dialled: null, state, since: 1, answered_at: 1, ended_at: null, end: null, recordings: [], card: null, listeners: [] });
const pop = (interaction: string): Pop => ({ interaction, direction: "inbound", number: null, name: null, queue: null, dialled: null, entered_at: 1, offered_at: 1, card: null });
const tab = (interaction: string): Tab => ({ kind: "call", key: `call:${interaction}`, contact: contactOfCall(call(interaction)), gone: false });
const customer: Tab = { kind: "customer", key: "customer:7", customer: 7, name: "王芳" };
const keys = (tabs: readonly Tab[]) => tabs.map(({ key }) => key);
const never = () => false;

describe("tabs of work", () => {
  it("open for a call, not for one that only rings", () => {
    expect(keys(follow([], { pops: [pop("a")], calls: [call("b")] }, never))).toEqual(["call:b"]);
  });

  it("stay in their place while what they show changes", () => {
    const after = follow([tab("a"), customer], { pops: [], calls: [call("b"), call("a", "ended")] }, never);
    expect(keys(after)).toEqual(["call:a", "customer:7", "call:b"]);
    expect(after[0]).toMatchObject({ contact: { state: "ended" } });
  });

  it("leave with their call, unless an unsaved draft keeps them", () => {
    const none = { pops: [], calls: [] };
    expect(keys(follow([tab("a"), tab("b")], none, never))).toEqual([]);
    expect(follow([tab("a"), tab("b")], none, (key) => key === "call:b")).toMatchObject([{ key: "call:b", gone: true }]);
  });

  it("come back to life when the call does", () => {
    const kept = follow([tab("a")], { pops: [], calls: [] }, () => true);
    expect(follow(kept, { pops: [pop("a")], calls: [] }, never)).toMatchObject([{ gone: false, contact: { state: "ringing" } }]);
  });

  it("hand the front to the next, else to the one before", () => {
    const tabs = [tab("a"), tab("b"), tab("c")];
    expect([neighbour(tabs, "call:a"), neighbour(tabs, "call:c"), neighbour([tab("a")], "call:a")]).toEqual(["call:b", "call:b", null]);
  });
});
