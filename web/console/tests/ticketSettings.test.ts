import { describe, expect, it } from "vitest";

import { ApiError } from "@/api/client";
import type { MacroStep } from "@/api/ticketSettings";
import { amountOf, valueOf } from "@/ticket/settings/amounts";
import { meanwhile } from "@/ticket/settings/conflict";
import { pieces, written } from "@/ticket/settings/gaps";
import { canMove, lastPlace, movedPlaces } from "@/ticket/settings/order";
import { blankStep, kindsAt, STEP_KINDS, type StepKind } from "@/ticket/settings/steps";
import { problemOf } from "@/ui/form/problems";

describe("a time", () => {
  it("is said in the largest unit that it is whole in", () => {
    expect(amountOf(7200, [3600, 60], 60)).toEqual({ amount: 2, factor: 3600 });
    expect(amountOf(5400, [3600, 60], 3600)).toEqual({ amount: 90, factor: 60 });
    expect(amountOf(90, [3600, 60], 60)).toEqual({ amount: 1.5, factor: 60 });
  });

  it("can be before: the sign goes with the unit", () => {
    const units = [-1, -60, 1, 60];
    expect(amountOf(-120, units, 1)).toEqual({ amount: 2, factor: -60 });
    expect(amountOf(-7, units, 60)).toEqual({ amount: 7, factor: -1 });
    expect(amountOf(0, units, -60)).toEqual({ amount: 0, factor: -60 });
    for (const minutes of [-90, -60, 0, 1, 60, 61]) expect(valueOf(amountOf(minutes, units, 1))).toBe(minutes);
  });

  it("is whole in the service's unit, and nothing is never below nothing", () => {
    expect(valueOf({ amount: 1.5, factor: 3600 })).toBe(5400);
    expect(Object.is(valueOf({ amount: 0, factor: -60 }), 0)).toBe(true);
  });
});

describe("an order", () => {
  const rows = (...positions: number[]) => positions.map((position, place) => ({ id: place + 1, position }));

  it("changes the places of two where all have their own", () => {
    expect(movedPlaces(rows(1, 5, 9), 2, 1)).toEqual([{ id: 2, position: 9 }, { id: 3, position: 5 }]);
    expect(movedPlaces(rows(1, 5, 9), 2, -1)).toEqual([{ id: 2, position: 1 }, { id: 1, position: 5 }]);
  });

  it("gives everyone a place where some share one, and leaves those alone that have theirs", () => {
    expect(movedPlaces(rows(0, 0, 0), 3, -1)).toEqual([{ id: 1, position: 1 }, { id: 3, position: 2 }, { id: 2, position: 3 }]);
    expect(movedPlaces(rows(1, 1, 3), 1, 1)).toEqual([{ id: 1, position: 2 }]);
  });

  it("ends at its ends", () => {
    expect(movedPlaces(rows(1, 2), 1, -1)).toEqual([]);
    expect([canMove(rows(1, 2), 1, -1), canMove(rows(1, 2), 1, 1), canMove(rows(1, 2), 7, 1)]).toEqual([false, true, false]);
  });

  it("has its end behind everybody", () => {
    expect(lastPlace([])).toBe(1);
    expect(lastPlace(rows(4, 2))).toBe(5);
    expect(lastPlace(rows(1_000_000))).toBe(1_000_000);
  });
});

describe("whoever was slower", () => {
  const refused = (values: Record<string, unknown>, status = 409) => new ApiError(status, "conflict", "somebody else changed this meanwhile", "version", null, values);
  const draft = { name: "mine", active: true, version: 3 };

  it("sees both values of each field of the form, and what is saved next is against the version that is there", () => {
    const both = { version: 4, fields: { name: { yours: "mine", theirs: "hers" }, active: { yours: true, theirs: false } } };
    expect(meanwhile(refused({ now: { id: 1, name: "hers", active: false, version: 4 } }), draft)).toEqual(both);
  });

  it("sees what the service tells of, where that is less", () => {
    expect(meanwhile(refused({ sent: { name: "mine" }, current: { name: "hers", version: 4 } }), draft)?.fields).toEqual({ name: { yours: "mine", theirs: "hers" } });
  });

  it("is not told so of other refusals", () => {
    expect(meanwhile(refused({}), draft)).toBeNull();
    expect(meanwhile(refused({ now: { name: "x" } }), draft)).toBeNull();
    expect(meanwhile(refused({ now: { version: 4 } }, 422), draft)).toBeNull();
    expect(meanwhile(new Error("x"), draft)).toBeNull();
  });
});

describe("a text with gaps", () => {
  it("is cut at them, and what nobody knows stays as it was written", () => {
    expect(pieces("Dear {{ customer.name }}: {{nothing}}", { "customer.name": "Wang" })).toEqual([
      { text: "Dear ", gap: false, known: true },
      { text: "Wang", gap: true, known: true },
      { text: ": ", gap: false, known: true },
      { text: "{{nothing}}", gap: true, known: false },
    ]);
  });

  it("does not look into what is put in, nor at names that objects have by themselves", () => {
    expect(pieces("{{a}}", { a: "{{b}}", b: "x" }).map((one) => one.text)).toEqual(["{{b}}"]);
    expect(pieces("{{constructor}}{{__proto__}}", {}).every((one) => !one.known)).toBe(true);
    expect(pieces(written("a"), { a: "1" })).toEqual([{ text: "1", gap: true, known: true }]);
    expect(pieces("{ {{ }} {{{a}}}", { a: "1" }).map((one) => one.text).join("")).toBe("{ {{ }} {1}");
  });
});

describe("the steps of a macro", () => {
  const all = Object.keys(STEP_KINDS) as StepKind[];

  it("begin as what their kind needs", () => {
    for (const kind of all) expect(blankStep(kind).do).toBe(kind);
  });

  it("move a ticket on once at most", () => {
    const steps: MacroStep[] = [blankStep("reply"), blankStep("resolve")];
    expect(kindsAt(steps, 0, () => true)).not.toContain("start");
    expect(kindsAt(steps, 1, () => true)).toEqual(all);
    expect(kindsAt(steps, 2, () => true)).not.toContain("archive");
  });

  it("are offered by one's rights; what is there already stays to be seen", () => {
    const steps: MacroStep[] = [blankStep("assign")];
    expect(kindsAt(steps, 0, () => false)).toContain("assign");
    expect(kindsAt([], 0, () => false)).toEqual(["priority", "tags", "start", "pend", "reopen", "reply", "note"]);
  });
});

describe("refusals of the ticket settings", () => {
  it.each([
    ["there is a category of this name already", "problem.nameTaken"],
    ["there is a ticket queue of this name already", "problem.nameTaken"],
    ["there is no placeholder 'x'; there are: ticket.number", "problem.noGap"],
    ["at most 10 levels", "problem.tooDeep"],
    ["at most 200 of them", "problem.tooManyOfThem"],
    ["1 to 50 choices", "problem.tooMany"],
    ["say what is to happen", "problem.whatHappens"],
    ["there is no such active user", "problem.gone"],
    ["there is no active user 7", "problem.noSuch"],
    ["sharing with everybody needs the right ticket.configure", "problem.shareRight"],
  ])("are said in the reader's words: %s", (message, key) => expect(problemOf(message).key).toBe(key));
});
