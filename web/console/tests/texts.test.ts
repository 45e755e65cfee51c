// Both languages are complete, every text is used, every placeholder is in both, and every text compiles.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";
import { createI18n } from "vue-i18n";

import { en } from "@/i18n/en";
import { zh } from "@/i18n/zh";

const SOURCE = join(import.meta.dirname, "../src");
const keys = Object.keys(en) as (keyof typeof en)[];

const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.(vue|ts)$/.test(file) && !/i18n[\\/](en|zh)\./.test(file))
  .map((file) => readFileSync(join(SOURCE, file), "utf8"));
const code = files.join("\n");

const placeholders = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
const quoted = (text: string) => [...text.matchAll(/["']([a-z]\w*(?:\.\w+)+)["']/gi)].map((match) => match[1] as string);
const named = new Set(quoted(code));
/** What is given to `t(…)` and `count(…)` in place; tables of keys are checked by their type. */
const asked = [...code.matchAll(/\b(?:t|count)\(([^()]*)/g)].flatMap((match) => quoted(match[1] as string));

describe("texts", () => {
  it("have the same keys in both languages", () => {
    expect(Object.keys(zh).sort()).toEqual([...keys].sort());
  });

  it("are all used", () => {
    expect(keys.filter((key) => !named.has(key))).toEqual([]);
  });

  it("exist for every key that the source names", () => {
    const known = new Set<string>(keys);
    expect(asked.length).toBeGreaterThan(50);
    expect(asked.filter((key) => !known.has(key))).toEqual([]);
  });

  it("are named whole, so that this can be checked", () => {
    expect([...code.matchAll(/\b(?:t|count)\(`[^`]*`/g)].map(([found]) => found)).toEqual([]);
  });

  it("have the same placeholders in both languages", () => {
    for (const key of keys) expect([key, placeholders(zh[key])]).toEqual([key, placeholders(en[key])]);
  });

  it("are not left empty, nor Chinese ones left in English", () => {
    const latin = keys.filter((key) => !/[\u4e00-\u9fff]/.test(zh[key]) && key !== "shell.language");
    expect(latin).toEqual([]);
    expect(keys.filter((key) => !en[key].trim())).toEqual([]);
  });

  it("compile, and put outside text in as text", () => {
    const { global } = createI18n({ legacy: false, locale: "en", flatJson: true, messages: { en, zh } });
    const hostile = "<img src=x onerror=alert(1)> @:common.retry {n} | x";
    for (const locale of ["en", "zh"] as const) {
      global.locale.value = locale;
      for (const key of keys) expect(global.t(key, { n: 1 })).not.toBe(key);
      expect(global.t("pop.announce", { who: hostile })).toContain(hostile);
    }
  });
});
