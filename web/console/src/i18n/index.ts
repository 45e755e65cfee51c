// Texts by key in two languages, both complete: a key that is missing in one does not compile.
import { computed } from "vue";
import { createI18n, useI18n } from "vue-i18n";

import { serverNow } from "@/live/clock";

import { en } from "./en";
import * as format from "./format";
import { firstLanguage, rememberLanguage, tagOf, type Language } from "./language";
import { zh } from "./zh";

export type Key = keyof typeof en;
type Values = Record<string, string | number>;

export const i18n = createI18n({
  legacy: false,
  locale: firstLanguage() as string,
  flatJson: true,
  messages: { en, zh },
});

export function useLanguage() {
  return computed(() => i18n.global.locale.value as Language);
}

export function setLanguage(language: Language): void {
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
    number: (value: number) => format.number(tag(), value),
    percent: (share: number) => format.percent(tag(), share),
    percentFine: (share: number) => format.percentFine(tag(), share),
    decimal: (value: number) => format.decimal(tag(), value),
    speed: (rate: number) => format.speed(tag(), rate),
    compare: (a: string, b: string) => format.compare(tag(), a, b),
    ticking: format.ticking,
    spoken: (seconds: number) => format.spoken(tag(), seconds),
  };
}
