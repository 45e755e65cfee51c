import { afterAll, beforeAll, describe, expect, it } from "vitest";

import * as format from "@/i18n/format";
import { languageOf, tagOf } from "@/i18n/language";

const NOON = Date.UTC(2026, 10, 20, 4, 0, 5) / 1000; // 12:00:05 in Shanghai

describe("formats", () => {
  const before = process.env.TZ;
  beforeAll(() => (process.env.TZ = "Asia/Shanghai"));
  afterAll(() => (process.env.TZ = before));

  it("give times in the reader's zone", () => {
    expect(format.time("zh-CN", NOON)).toBe("12:00");
    expect(format.timeSeconds("en-GB", NOON)).toBe("12:00:05");
  });

  it("name today and yesterday, and the year only of another year", () => {
    expect(format.day("en-GB", NOON, NOON)).toBe("today");
    expect(format.day("zh-CN", NOON - 86_400, NOON)).toBe("昨天");
    expect(format.day("en-GB", NOON - 5 * 86_400, NOON)).not.toContain("2026");
    expect(format.day("en-GB", NOON - 400 * 86_400, NOON)).toContain("2025");
  });

  it("say how long ago in the largest unit that fits", () => {
    expect(format.ago("en-GB", NOON - 3 * 86_400, NOON)).toBe("3 days ago");
    expect(format.ago("zh-CN", NOON - 7200, NOON)).toBe("2小时前");
    expect(format.ago("en-GB", NOON + 60, NOON)).toBe("this minute");
  });

  it("tick, with hours only when there are some, never below zero", () => {
    expect([0, 65, 3725, -4, 59.9].map(format.ticking)).toEqual(["0:00", "1:05", "1:02:05", "0:00", "0:59"]);
    expect([28.4, 28.6, 59.9].map(format.averaged)).toEqual(["0:28", "0:29", "1:00"]); // an average is rounded
  });

  it("say a duration for people who listen", () => {
    expect(format.spoken("en-GB", 65)).toMatch(/1.*5/);
    expect(format.spoken("zh-CN", 0)).not.toBe("");
  });
});

it("the language is found in any tag, and the reader's region is kept", () => {
  expect(["zh-Hant-TW", "en_US", "de", null].map(languageOf)).toEqual(["zh", "en", null, null]);
  expect(tagOf("en", ["de-DE", "en-US"])).toBe("en-US");
  expect(tagOf("zh", ["en-US"])).toBe("zh-CN");
});
