import { describe, expect, it } from "vitest";

import type { CustomerFull, FieldRow } from "@/api/crm";
import { changesOf, draftOf, fieldsShown, newContact, newCustomer, newNumber, tidied, wishOf, withField } from "@/customer/draft";
import { instantOf, nextWorkday } from "@/customer/due";
import { kindsOf } from "@/customer/kinds";
import { worthAsking } from "@/customer/likeness";
import { choices, suggested } from "@/customer/merging";

const stored = (more: Partial<CustomerFull> = {}): CustomerFull => ({
  id: 7, kind: "company", name: "远航", level: "vip", type: null, source: null, owner_id: null, owner: null, owned_at: null,
  team_id: null, team: null, language: "zh", birthday: null, notes: null, do_not_call: false, account_number: null, tax_number: null,
  created_at: 0, updated_at: 0, version: 3,
  contacts: [{ id: 11, name: "王芳", role: null }, { id: 12, name: "李雷", role: "财务" }],
  numbers: [{ id: 21, raw: "138 0013 8000", e164: "+8613800138000", extension: null, label: null, contact: 12, switchboard: false }],
  emails: [], addresses: [], tags: ["a"], custom: { contract: "HT-1", staff: 4 }, ...more,
});
const field = (name: string, more: Partial<FieldRow> = {}): FieldRow => ({ id: 1, name, kind: "text", label_zh: name, label_en: name, required: false, unique: false, on_pop: false, position: 0, retired: false, version: 1, choices: [], ...more });

describe("a customer in a form", () => {
  it("names contacts by their place, and comes back as it was", () => {
    const draft = draftOf(stored());
    expect(draft.numbers[0]?.contact).toBe(1);
    expect(changesOf(draft, draftOf(stored()))).toEqual({});
  });

  it("sends only what was changed", () => {
    const before = draftOf(stored());
    const draft = { ...draftOf(stored()), level: null, custom: { contract: null, staff: 4 } };
    expect(changesOf(before, draft)).toEqual({ level: null, custom: { contract: null } });
  });

  it("sends what names contacts by place together with the contacts", () => {
    const before = draftOf(stored());
    const draft = draftOf(stored());
    draft.contacts = draft.contacts.slice(1);
    draft.numbers[0] = { ...newNumber("138 0013 8000"), id: 21, contact: 0 };
    expect(changesOf(before, draft)).toMatchObject({ contacts: [{ id: 12 }], numbers: [{ id: 21, contact: 0 }], emails: [] });
    const renumbered = { ...draftOf(stored()), numbers: [] };
    expect(changesOf(before, renumbered).contacts).toHaveLength(2);
  });

  it("leaves out rows nobody filled in, and whose they would have been", () => {
    const draft = newCustomer("1");
    draft.contacts = [newContact(), { id: null, name: "王芳", role: null }];
    draft.numbers = [{ ...newNumber("2"), contact: 0 }, { ...newNumber("3"), contact: 1 }, newNumber("  ")];
    expect(tidied(draft).numbers.map(({ number, contact }) => [number, contact])).toEqual([["2", null], ["3", 0]]);
  });

  it("is sent new without anything nobody filled in", () => {
    const draft = { ...newCustomer(), name: " 王芳 ", custom: { contract: null } };
    expect(wishOf(draft)).toEqual({ kind: "person", name: "王芳" });
  });

  it("has nothing in a field that is empty, and shows a retired one only where something stands in it", () => {
    expect(withField({}, "a", [])).toEqual({ a: null });
    expect(withField({ a: "x" }, "b", 0)).toEqual({ a: "x", b: 0 });
    const fields = [field("old", { retired: true }), field("now"), field("gone", { retired: true })];
    expect(fieldsShown(fields, { old: "x" }).map(({ name }) => name)).toEqual(["old", "now"]);
  });
});

describe("two customers that become one", () => {
  const target = stored();
  const source = stored({ id: 8, name: "远航科技", level: null, do_not_call: true, tax_number: "91440300", custom: { contract: "HT-2" } });

  it("are chosen between where they differ", () => {
    expect(choices(target, source, [field("contract")]).map((one) => one.field)).toEqual(["name", "level", "tax_number", "do_not_call", "field.contract"]);
  });

  it("keep what stays, but for what is empty there and for who must not be called", () => {
    const kept = Object.fromEntries(choices(target, source, []).map((one) => [one.field, suggested(one)]));
    expect(kept).toEqual({ name: "target", level: "target", tax_number: "source", do_not_call: "source" });
  });
});

describe("around a customer", () => {
  it("asks for duplicates when a name or a number says something", () => {
    expect(worthAsking("王", "", "person")).toBeNull();
    expect(worthAsking("王芳", "", "person")).toEqual({ name: "王芳", kind: "person", numbers: [] });
    expect(worthAsking("Al", "138 00", "person")).toBeNull();
    expect(worthAsking("", "1380013", "company")).toEqual({ name: "?", kind: "company", numbers: ["1380013"] });
  });

  it("narrows a timeline down to kinds", () => {
    expect(kindsOf([])).toBe("");
    expect(kindsOf(["tasks", "calls"])).toBe("call,voicemail,task");
  });

  it("proposes the next workday for a task", () => {
    const friday = new Date(2026, 10, 20, 17, 5);
    expect(nextWorkday(friday)).toBe("2026-11-23T09:00");
    expect(instantOf("2026-11-23T09:00")).toBe(new Date(2026, 10, 23, 9).getTime() / 1000);
  });
});
