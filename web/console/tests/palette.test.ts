import { describe, expect, it } from "vitest";

import { foundGroups, matches, stepped } from "@/palette/entries";
import { isPaletteKey } from "@/palette/state";

const customer = { id: 1, kind: "company", name: "远航", level: null, owner: null, number: "+86138", why: "name", matched: "远航" };
const ticket = { id: 5, number: "T-1", title: "发票", status: "new", customer: 1, customer_name: "远航", why: "title", matched: "发票" };
const pressed = (more: object) => isPaletteKey({ code: "KeyK", ctrlKey: true, metaKey: false, altKey: false, shiftKey: false, ...more });

describe("the palette", () => {
  it("groups by kind, and leaves out kinds without anything", () => {
    const groups = foundGroups({ customers: [customer], contacts: [], tickets: [ticket] }, () => null);
    expect(groups.map(({ name }) => name)).toEqual(["customers", "tickets"]);
    expect(groups[0]?.entries[0]).toMatchObject({ title: "远航", more: "+86138" });
  });

  it("leads to a ticket where it has a page, else to its customer", () => {
    const to = (page: boolean) => foundGroups({ tickets: [ticket] }, (id) => (page ? { name: "ticket", params: { id } } : null))[0]?.entries[0]?.to;
    expect(to(true)).toEqual({ name: "ticket", params: { id: 5 } });
    expect(to(false)).toEqual({ name: "customer", params: { id: 1 } });
  });

  it("finds views by words in any order", () => {
    expect(matches("Import customers", "cust imp")).toBe(true);
    expect(matches("Import customers", "board")).toBe(false);
    expect(matches("客户", "")).toBe(true);
  });

  it("goes round at its ends", () => {
    expect([stepped(0, -1, 3), stepped(2, 1, 3), stepped(0, 1, 0)]).toEqual([2, 0, 0]);
  });

  it("leaves the telephone's keys alone", () => {
    expect(pressed({})).toBe(true);
    expect(pressed({ ctrlKey: false, altKey: true, shiftKey: true })).toBe(false);
    expect(pressed({ altKey: true })).toBe(false);
  });
});
