import { describe, expect, it } from "vitest";

import { browserOf } from "@/account/browser";
import { drawing } from "@/account/qr";
import { bounds } from "@/admin/days";
import { asLines, byArea, sorted, subtree, withRight } from "@/admin/matrix";

const team = (id: number, parent: number | null) => ({ id, parent });
const lines = (teams: { id: number; parent: number | null }[]) => asLines(teams).map(({ row, depth }) => [row.id, depth]);

describe("the matrix of rights", () => {
  it("puts rights together by what they are about, and leaves none out", () => {
    const rights = ["ticket.read", "crm.configure", "work.handle", "user.manage", "new.thing"].map((right) => ({ right, scopes: ["all" as const] }));
    const areas = byArea(rights);
    expect(areas.map(({ name }) => name)).toEqual(["customer", "ticket", "call", "other"]);
    expect(areas.flatMap((one) => one.rights)).toHaveLength(rights.length);
  });

  it("gives and takes, and the same rights are the same text", () => {
    const given = withRight(withRight({}, "b", "own"), "a", "all");
    expect(JSON.stringify(sorted(given))).toBe('{"a":"all","b":"own"}');
    expect(withRight(given, "b", "")).toEqual({ a: "all" });
  });
});

describe("teams", () => {
  it("stand below their parents", () => {
    expect(lines([team(3, 1), team(1, null), team(2, 3), team(4, null)])).toEqual([[1, 0], [3, 1], [2, 2], [4, 0]]);
  });

  it("are all shown, though one goes in a circle or its parent is not to be seen", () => {
    expect(lines([team(1, 2), team(2, 1), team(3, 99)])).toEqual([[3, 0], [1, 0], [2, 0]]);
  });

  it("cannot be moved below themselves", () => {
    expect([...subtree([team(1, null), team(2, 1), team(3, 2), team(4, null)], 1)].sort()).toEqual([1, 2, 3]);
  });
});

describe("an account", () => {
  it("draws a secret as squares within a border", () => {
    const { size, path } = drawing("otpauth://totp/Callcenter:x?secret=JBSWY3DPEHPK3PXP");
    expect(size).toBeGreaterThan(20);
    expect(path.startsWith("M2 2h1v1h-1z")).toBe(true);
    expect(path).not.toMatch(/[^Mhvz0-9 .-]/);
  });

  it("names browsers as people know them, and an unknown one by itself", () => {
    expect(browserOf("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0")).toBe("Edge · Windows");
    expect(browserOf("curl/8.0")).toBe("curl/8.0");
    expect(browserOf("")).toBe("");
  });

  it("asks for days as they begin and end where one is", () => {
    const { since, until } = bounds("2026-03-01", "2026-03-01");
    expect([since, until]).toEqual([new Date(2026, 2, 1).getTime() / 1000, new Date(2026, 2, 2).getTime() / 1000]);
    expect(bounds("", "x")).toEqual({ since: null, until: null });
  });
});
