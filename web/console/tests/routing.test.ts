// The administrators' forms: where what the service says is shown, and lists that are edited.
import { describe, expect, it } from "vitest";

import { fromSkills, toSkills } from "@/routing/agents";
import { linesOf, moved, without } from "@/ui/form/lists";
import { ownerOf } from "@/ui/form/notes";
import { cautionOf, problemOf } from "@/ui/form/problems";

describe("a refusal", () => {
  it("is shown by the innermost field around it", () => {
    const fields = ["rules", "rules[1]", "rules[1].when_closed", "queue"];
    expect(ownerOf("rules[1].when_closed.target", fields)).toBe("rules[1].when_closed");
    expect(ownerOf("rules[1]", fields)).toBe("rules[1]");
    expect(ownerOf("rules[10].queue", fields)).toBe("rules");
    expect(ownerOf("rules[...].levels[...].level", fields)).toBe("rules");
  });

  it("belongs to the form where no field is around it", () => {
    expect(ownerOf("queues", ["queue"])).toBeNull();
    expect(ownerOf("", ["queue"])).toBeNull();
  });

  it("is said in words of ours where they are known", () => {
    expect(problemOf("there is no queue '售后'")).toEqual({ key: "problem.noSuch", values: { name: "售后" } });
    expect(problemOf("there is no active agent 7")).toEqual({ key: "problem.noSuch", values: { name: "7" } });
    expect(problemOf("there is a queue 'vip' already")).toEqual({ key: "problem.taken", values: { name: "vip" } });
    expect(problemOf("021555* has an entry point already")).toEqual({ key: "problem.taken", values: { name: "021555*" } });
    expect(problemOf("'vip' is used by queue A, number 400")).toEqual({ key: "problem.used", values: { name: "vip", users: "queue A, number 400" } });
    expect(problemOf("calls would go round in a circle: a → b → a").values).toEqual({ path: "a → b → a" });
    expect(problemOf("Expected `float` <= 100.0")).toEqual({ key: "problem.tooLarge", values: { limit: "100.0" } });
    expect(problemOf("monday: 09:00-12:00 and 11:00-13:00 overlap").key).toBe("problem.overlap");
  });

  it("is said as the service says it where they are not", () => {
    expect(problemOf("something new")).toEqual({ key: "problem.other", values: { message: "something new" } });
    const warning = { code: "constructor", facts: {}, message: "odd" };
    expect(cautionOf(warning)).toEqual({ key: "problem.other", values: { message: "odd" } });
  });

  it("has every name that its text needs", () => {
    expect(cautionOf({ code: "skill_nobody_has", facts: { skill: "en" }, message: "" }).values).toMatchObject({ skill: "en", level: "–" });
  });
});

describe("a list in a form", () => {
  it("moves within its ends", () => {
    expect(moved(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"]);
    expect(moved(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
    expect(moved(["a", "b"], 0, -1)).toEqual(["a", "b"]);
    expect(moved(["a", "b"], 1, 1)).toEqual(["a", "b"]);
    expect(without(["a", "b", "c"], 1)).toEqual(["a", "c"]);
  });

  it("is read from lines, blanks and commas", () => {
    expect(linesOf(" +8610*\n\n+86138，+86139, 110 ")).toEqual(["+8610*", "+86138", "+86139", "110"]);
  });

  it("holds an agent's skills, twice the same as the higher level", () => {
    expect(toSkills([...fromSkills({ en: 50 }), { skill: "en", level: 80 }, { skill: "zh", level: 10 }])).toEqual({ en: 80, zh: 10 });
  });
});
