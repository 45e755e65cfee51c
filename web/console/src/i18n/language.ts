// Which language the page speaks: the user's own when signed in, else the browser's.
export type Language = "zh" | "en";

const FALLBACK: Language = "en";
const STORED = "callcenter.language";

export function languageOf(text: string | null | undefined): Language | null {
  const base = text?.toLowerCase().split(/[-_]/)[0];
  return base === "zh" || base === "en" ? base : null;
}

export function firstLanguage(): Language {
  const wanted = [localStorage.getItem(STORED), ...navigator.languages];
  return wanted.map(languageOf).find((language) => language !== null) ?? FALLBACK;
}

export function rememberLanguage(language: Language): void {
  localStorage.setItem(STORED, language);
}

const TAGS: Record<Language, string> = { zh: "zh-CN", en: "en-GB" };

/** The full tag, with the reader's own region where the browser names one: it decides forms of dates. */
export function tagOf(language: Language, preferred: readonly string[]): string {
  return preferred.find((tag) => tag.includes("-") && languageOf(tag) === language) ?? TAGS[language];
}
