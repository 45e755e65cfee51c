// Texts by key in two languages, both complete: a key that is missing in one does not compile. One is fetched when it is wanted.
import { computed } from "vue";
import { createI18n, useI18n } from "vue-i18n";

import { serverNow } from "@/live/clock";

import type { en } from "./en";
import * as format from "./format";
import { firstLanguage, rememberLanguage, tagOf, type Language } from "./language";

export type Key = keyof typeof en;
type Values = Record<string, string | number>;

export const i18n = createI18n({
  legacy: false,
  locale: firstLanguage() as string,
  flatJson: true,
  messages: {} as Record<string, Record<string, string>>,
});

const TEXTS: Record<Language, () => Promise<Record<Key, string>>> = {
  en: async () => (await import("./en")).en,
  zh: async () => (await import("./zh")).zh,
};
let wanted: Language | null = null;

export function useLanguage() {
  return computed(() => i18n.global.locale.value as Language);
}

/** The page changes once the texts are here; of two wishes the last one counts. */
export async function setLanguage(language: Language): Promise<void> {
  wanted = language;
  const { availableLocales, setLocaleMessage } = i18n.global;
  if (!availableLocales.includes(language)) setLocaleMessage(language, await TEXTS[language]());
  if (wanted !== language) return;
  i18n.global.locale.value = language;
  document.documentElement.lang = tagOf(language, []);
  rememberLanguage(language);
}

/** `t` takes only keys that exist; `count` chooses between singular and plural and fills {n}. */
export function useText() {
  const { t: translate } = useI18n({ useScope: "global" });
  return {
    t: (key: Key, values: Values = {}): string => translate(key, values),
    count: (key: Key, n: number): string => translate(key, { n: format.number(tag(), n) }, n),
  };
}

function tag(): string {
  return tagOf(i18n.global.locale.value as Language, navigator.languages);
}

/** The formats of `format.ts` in the language of the page; used in a template they follow a switch. */
export function useFormat() {
  return {
    time: (at: number) => format.time(tag(), at),
    timeSeconds: (at: number) => format.timeSeconds(tag(), at),
    fullTime: (at: number) => format.fullTime(tag(), at),
    day: (at: number) => format.day(tag(), at, serverNow()),
    ago: (at: number) => format.ago(tag(), at, serverNow()),
    away: (at: number, now: number) => format.away(tag(), at, now),
    number: (value: number) => format.number(tag(), value),
    percent: (share: number) => format.percent(tag(), share),
    percentFine: (share: number) => format.percentFine(tag(), share),
    decimal: (value: number) => format.decimal(tag(), value),
    speed: (rate: number) => format.speed(tag(), rate),
    compare: (a: string, b: string) => format.compare(tag(), a, b),
    ticking: format.ticking,
    averaged: format.averaged,
    spoken: (seconds: number) => format.spoken(tag(), seconds),
  };
}
