import { describe, expect, it } from "vitest";

import type { CannedText, Category, SavedView } from "@/api/tickets";
import { ticketOf } from "@/customer/kinds";
import { away } from "@/i18n/format";
import { cannedFor } from "@/ticket/canned";
import { dueOf, dueOfRow } from "@/ticket/due";
import { changesOf, missingOf, rulesOf, valuesSent, type TicketDraft } from "@/ticket/fields";
import { addressOf, asks, filterOf } from "@/ticket/filters";
import { changedFields } from "@/ticket/history";
import { sizeText } from "@/ticket/size";
import { eventText, fieldTitle, linkText } from "@/ticket/steps";
import { newsSince, ticketStream, type TicketNews } from "@/ticket/stream";
import { problemKey, STEPS } from "@/ticket/words";

const HOUR = 3600;

describe("what is owed", () => {
  it("is overdue, soon due or has time, never by colour alone", () => {
    expect(dueOf(99, 100)).toMatchObject({ text: "due.overdue", icon: "alarm", tone: "bad" });
    expect(dueOf(100 + HOUR - 1, 100)).toMatchObject({ text: "due.in", tone: "warn" });
    expect(dueOf(100 + HOUR, 100)).toMatchObject({ text: "due.in", tone: "plain" });
  });

  it("counts no longer when it is over, and says when what waits goes on", () => {
    expect(dueOfRow({ status: "resolved", due: 1, wake_at: null }, 100)).toBeNull();
    expect(dueOfRow({ status: "pending", due: null, wake_at: 200 }, 100)?.text).toBe("due.wakes");
    expect(dueOfRow({ status: "assigned", due: null, wake_at: 200 }, 100)).toBeNull();
  });

  it("is said in the largest unit that fits, in both directions", () => {
    expect(away("en", 100 + 35 * 60, 100)).toBe("in 35 minutes");
    expect(away("en", 100, 100 + 2 * HOUR)).toBe("2 hours ago");
    expect(away("zh", 101, 100)).toBe("1分钟后");
  });
});

describe("a saved view", () => {
  const filter: SavedView["filter"] = { status: ["new", "assigned"], owner: 7, team: "mine", overdue: true, tag: "VIP" };

  it("is the address of the list and back", () => {
    const address = addressOf(filter);
    expect(address).toMatchObject({ status: "new,assigned", owner: "7", team: "mine", overdue: "true", tag: "VIP", category: "" });
    expect(filterOf(address)).toEqual(filter);
    expect(filterOf({ owner: "me", overdue: "false" })).toEqual({ owner: "me", overdue: false });
  });

  it("does not take what is no filter of its", () => {
    expect(filterOf({ q: "x", view: "3", owner: "somebody", category: "-1" })).toEqual({});
  });

  it("is not what the list shows any more once a filter is another", () => {
    expect(asks({ ...addressOf(filter), view: "3" }, filter)).toBe(true);
    expect(asks({ ...addressOf(filter), owner: "me" }, filter)).toBe(false);
  });
});

describe("news of tickets", () => {
  const state = (round: number): TicketNews => ({ views: [], changed: [{ ticket: 5, version: 2, what: "edited" }], round });

  it("tell which tickets to read again", () => {
    expect(newsSince(state(1), state(2))).toEqual(state(2).changed);
    expect(newsSince(null, state(0))).toEqual([]);
  });

  it("are everything after a snapshot, or when some were missed", () => {
    expect(newsSince(state(4), state(0))).toBeNull();
    expect(newsSince(state(1), state(3))).toBeNull();
  });

  it("come as figures and changes of one frame", () => {
    const views = [{ view: 1, count: 2, overdue: 0 }];
    const next = ticketStream.reducers.ticketsupdated?.(state(0), { kind: "ticketsupdated", stream: "tickets", seq: 2, views, changed: [] });
    expect(next).toEqual({ views, changed: [], round: 1 });
  });
});

describe("the fields of a category", () => {
  const rule = (name: string, more = {}) => ({ name, kind: "text" as const, label_zh: name, label_en: name, ...more });
  const category = { inherited: [rule("serial", { required: true })], fields: [rule("model"), rule("old", { retired: true })] } as unknown as Category;

  it("begin with those of the categories above; retired ones only where there is a value", () => {
    expect(rulesOf(category).map(({ name }) => name)).toEqual(["serial", "model"]);
    expect(rulesOf(category, { old: "x" }).map(({ name }) => name)).toEqual(["serial", "model", "old"]);
    expect(rulesOf(null)).toEqual([]);
  });

  it("say what is needed before it is resolved, and send only what is there", () => {
    const rules = rulesOf(category);
    expect(missingOf(rules, { serial: "" })).toEqual(["serial"]);
    expect(missingOf(rules, { serial: "7" })).toEqual([]);
    expect(valuesSent(rules, { serial: "7", model: null, other: "x" })).toEqual({ serial: "7" });
  });

  it("are sent when they are other than before, and nothing else", () => {
    const before: TicketDraft = { title: "a", description: null, priority: "low", category: 1, fields: { serial: "7" } };
    expect(changesOf(before, before)).toEqual({});
    expect(changesOf(before, { ...before, title: "b", fields: { serial: "7", model: "X" } })).toEqual({ title: "b", fields: { model: "X" } });
  });
});

describe("the history", () => {
  it("shows what was before and after, also of tags", () => {
    expect(changedFields({ kind: "edited", before: { title: "a" }, after: { title: "b" }, data: null })).toEqual([{ name: "title", before: "a", after: "b" }]);
    expect(changedFields({ kind: "edited", before: null, after: null, data: { tags: { before: [], after: ["x"] } } })).toEqual([{ name: "tags", before: [], after: ["x"] }]);
    expect(changedFields({ kind: "created", before: null, after: { title: "b" }, data: null })).toEqual([]);
  });

  it("has words for what it does not know", () => {
    expect([eventText("resolve"), eventText("toString")]).toEqual(["ev.resolve", "ev.other"]);
    expect(fieldTitle("__proto__")).toBe("tk.otherField");
    expect([linkText("split", true), linkText("split", false), linkText("?", true)]).toEqual(["link.split", "link.splitInto", "link.related"]);
    expect([problemKey("step_refused"), problemKey("constructor"), problemKey(null)]).toEqual(["tk.stepRefused", null, null]);
  });
});

describe("working with keys", () => {
  it("has a key of its own for each step", () => {
    const keys = [...Object.values(STEPS).map(({ key }) => key), "r", "n", "c", "m", "e", "f", "l", "x", "v", "b", "?"];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("finds a canned response by its shortcut first", () => {
    const text = (id: number, title: string, shortcut: string | null) => ({ id, title, body: "你好", shortcut }) as CannedText;
    const all = [text(1, "hi there", null), text(2, "退款", "hire"), text(3, "问候", "hi")];
    expect(cannedFor(all, "/hi").map(({ id }) => id)).toEqual([3, 2, 1]);
    expect(cannedFor(all, "").length).toBe(3);
    expect(cannedFor(all, "没有")).toEqual([]);
  });
});

it("says how large a file is", () => {
  expect([0, 999, 1536, 10 * 1024 * 1024].map((bytes) => sizeText(bytes, String))).toEqual(["0 B", "999 B", "1.5 KB", "10 MB"]);
});

it("knows the ticket that a line of the timeline speaks of", () => {
  expect([ticketOf({ data: { ticket: 4 } as never }), ticketOf({ data: null })]).toEqual([4, null]);
});
