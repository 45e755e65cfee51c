// The values of a sheet in words, for whoever was slower.
import type { Question } from "@/api/quality";
import { useFormat, useText, type Key } from "@/i18n";

import { KINDS } from "./words";

const FIELDS: Record<string, Key> = { name: "qa.name", active: "qa.inUse", introduction: "qa.introduction", pass_mark: "qa.passMark", questions: "qa.questions" };

export function useSheetWords() {
  const { t } = useText();
  const { number } = useFormat();
  const question = (one: Question): string => {
    const more = [one.section, t(KINDS[one.kind]), t("qa.weightOf", { n: number(one.weight) }), one.knock_out && t("qa.knockOut"), one.optional && t("qa.optional"), ...one.choices.map(({ label, points }) => `${label} ${number(points)} %`)];
    return `${one.text} (${more.filter(Boolean).join(" · ")})`;
  };
  const fieldLabel = (name: string): string => (Object.hasOwn(FIELDS, name) ? t(FIELDS[name] ?? "qa.name") : name);
  function fieldText(value: unknown, name: string): string {
    if (typeof value === "boolean") return t(value ? "form.yes" : "form.no");
    return name === "questions" ? (value as Question[]).map(question).join("\n") : String(value);
  }
  return { question, fieldLabel, fieldText };
}
