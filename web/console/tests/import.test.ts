import { describe, expect, it } from "vitest";

import type { ImportField } from "@/api/transfer";
import { incomplete, keyFor, mapped, samplesOf } from "@/transfer/mapping";

const field = (code: string, several = false): ImportField => ({ code, label_zh: code, label_en: code, several, custom: false });
const FIELDS = [field("name"), field("phone", true)];

describe("the columns of a file", () => {
  it("are one field each, but for fields that may be several", () => {
    expect(mapped(["name", null], 1, "name", FIELDS)).toEqual([null, "name"]);
    expect(mapped(["phone", null], 1, "phone", FIELDS)).toEqual(["phone", "phone"]);
    expect(mapped(["name", "phone"], 0, null, FIELDS)).toEqual([null, "phone"]);
  });

  it("say by what customers are known again, the surest first", () => {
    expect(keyFor(["phone", "external_id"])).toBe("external_id");
    expect(keyFor(["name"])).toBe("phone");
    expect(incomplete({ columns: ["name"], key: "phone", existing: "skip" })).toBe(true);
    expect(incomplete({ columns: ["phone"], key: "phone", existing: "skip" })).toBe(false);
  });

  it("show what stands in them", () => {
    expect(samplesOf([["a", ""], ["b"], ["", "x"]], 1)).toEqual(["x"]);
  });
});
