// Answers, progress and trends of quality: pure parts of its pages.
import { describe, expect, it } from "vitest";

import type { Question, Trend } from "@/api/quality";
import { answered, answerOf, blankQuestion, chosen, earned, NO_CONTENT, optionsOf, progress, sections, sendable, wordOf } from "@/quality/answers";
import { trendOf } from "@/quality/chart";
import { linesOf, MOST_LINES, rowsOf, spanName } from "@/quality/trend";

const SAID = { yes: "yes", no: "no", not: "n/a" };
const question = (values: Partial<Question>): Question => ({ ...blankQuestion(), text: "x", ...values });
const YES_NO = question({ key: "q1" });
const SCALE = question({ key: "q2", kind: "scale", most: 4, optional: true, section: "talk" });
const CHOICE = question({ key: "q3", kind: "choice", choices: [{ label: "well", points: 100 }, { label: "badly", points: 40 }], section: "talk" });

describe("answers", () => {
  it("are chosen by keys that say what they are", () => {
    expect(optionsOf(YES_NO, SAID).map((one) => [one.key, one.value])).toEqual([["1", 1], ["0", 0]]);
    expect(optionsOf(SCALE, SAID).map((one) => one.key)).toEqual(["0", "1", "2", "3", "4", "n"]);
    expect(optionsOf(CHOICE, SAID).map((one) => one.key)).toEqual(["1", "2"]);
  });

  it("are counted once they say something", () => {
    let content = answered(NO_CONTENT, "q1", { note: "later" });
    expect(progress([YES_NO, SCALE], content)).toEqual({ done: 0, of: 2 });
    const not = optionsOf(SCALE, SAID).at(-1);
    content = answered(content, "q2", not ? chosen(not) : {});
    expect(progress([YES_NO, SCALE], content)).toEqual({ done: 1, of: 2 });
    expect(answerOf(content, "q1").note).toBe("later");
    expect(NO_CONTENT.answers).toEqual({});
  });

  it("earn a share of their question", () => {
    const value = (n: number) => ({ value: n, not_applicable: false, note: "" });
    expect([earned(YES_NO, value(1)), earned(SCALE, value(1)), earned(CHOICE, value(1))]).toEqual([1, 0.25, 0.4]);
    expect(earned(SCALE, { value: null, not_applicable: true, note: "" })).toBeNull();
    expect(wordOf(CHOICE, value(1), SAID)).toBe("badly");
  });

  it("stand in the sections of the sheet", () => {
    expect(sections([YES_NO, SCALE, CHOICE]).map((one) => [one.name, one.questions.length])).toEqual([["", 1], ["talk", 2]]);
  });

  it("are sent without remarks that say nothing yet", () => {
    expect(sendable({ ...NO_CONTENT, remarks: [{ at: 1, text: " " }, { at: 2, text: "x" }] }).remarks).toEqual([{ at: 2, text: "x" }]);
  });
});

const point = (mean: number | null) => ({ mean, count: mean === null ? 0 : 1 });
const TREND: Trend = {
  by: "week",
  spans: [{ day: "2026-03-02", begin: 0, end: 1 }, { day: "2026-03-09", begin: 1, end: 2 }],
  whole: point(90),
  points: [point(90), point(null)],
  agents: Array.from({ length: 9 }, (_, agent) => ({ agent, name: `a${agent}`, whole: point(agent), points: [point(agent), point(null)] })),
  questions: [{ key: "q1", text: "greets", asked: false, whole: point(50), points: [point(50), point(null)] }],
};

describe("trends", () => {
  it("draw everything and a few of those that were picked", () => {
    const rows = rowsOf(TREND, "agents");
    expect(linesOf("all", TREND, rows, ["2"])).toEqual([{ name: "all", values: [90, null] }, { name: "a2", values: [2, null] }]);
    expect(linesOf("all", TREND, rows, rows.map((one) => one.key))).toHaveLength(MOST_LINES);
    expect(rowsOf(TREND, "questions").map((one) => [one.name, one.asked])).toEqual([["greets", false]]);
  });

  it("leave a gap where nothing was scored", () => {
    const looks = { text: "", quiet: "", line: "", colours: [], show: String };
    const option = trendOf(["a", "b"], [{ name: "all", values: [90, null] }], { value: 80, name: "mark" }, looks);
    expect(option.series).toMatchObject([{ data: [90, null], connectNulls: false, markLine: { data: [{ yAxis: 80 }] } }]);
  });

  it("name spans by their day, or their month", () => {
    expect(spanName("2026-03-02", "week", "en")).toBe("Mar 2");
    expect(spanName("2026-03-01", "month", "en")).toBe("Mar 2026");
  });
});
