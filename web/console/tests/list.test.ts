import { describe, expect, it } from "vitest";

import { ariaSort, filtersOf, nextSort } from "@/ui/list/address";
import { columnsShown } from "@/ui/list/columns";

const COLUMNS = [{ key: "name", fixed: true }, { key: "level" }, { key: "tax", extra: true }];
const keys = (chosen: string[] | null) => columnsShown(COLUMNS, chosen).map(({ key }) => key);

describe("a list", () => {
  it("shows its columns but for those somebody must ask for, in their own order", () => {
    expect(keys(null)).toEqual(["name", "level"]);
    expect(keys(["tax", "level"])).toEqual(["name", "level", "tax"]);
  });

  it("always shows what names a row, and forgets columns that are no more", () => {
    expect(keys([])).toEqual(["name"]);
    expect(keys(["gone"])).toEqual(["name"]);
  });

  it("takes its filters from the address, and only its own", () => {
    const query = { q: "王", level: "", sort: "-name", "field.contract": "HT-1", other: "x", tag: ["a", "b"] };
    expect(filtersOf(query, ["q", "level", "tag", "field."])).toEqual({ q: "王", tag: "a", "field.contract": "HT-1" });
  });

  it("turns its order round, and says which it is", () => {
    expect(nextSort("name", "name")).toBe("-name");
    expect(nextSort("-name", "name")).toBe("name");
    expect(nextSort("-created", "name")).toBe("name");
    expect(["name", "-name", "created"].map((now) => ariaSort(now, "name"))).toEqual(["ascending", "descending", "none"]);
    expect(ariaSort("name", undefined)).toBeUndefined();
  });
});
