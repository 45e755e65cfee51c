// The house's own words and fields: levels, sources, tags …, in the reader's language.
import { dictionary, fields as fieldsApi, people as peopleApi, type FieldRow, type FieldValue, type Labelled, type Person, type WordEntry } from "@/api/crm";
import { teams as teamsApi, type TeamRow } from "@/api/admin";
import { useFormat, useLanguage, useText } from "@/i18n";
import { kept, type Kept } from "@/ui/kept";

export const fields = kept<FieldRow>(async () => (await fieldsApi.list()).sort((a, b) => a.position - b.position));

const words = new Map<string, Kept<WordEntry>>();

/** The entries of one kind of the dictionary, retired ones too. */
export function wordsOf(kind: string): Kept<WordEntry> {
  const known = words.get(kind) ?? kept(async () => (await dictionary.list(kind)).sort((a, b) => a.position - b.position));
  words.set(kind, known);
  return known;
}

export const people = kept<Person>(peopleApi);
export const teams = kept<TeamRow>(teamsApi.list);

/** What is needed to say a customer's fields and values in words. */
export function needWords(): void {
  for (const kind of ["level", "type", "source"]) void wordsOf(kind).need();
  for (const list of [fields, people, teams]) void list.need();
}

export interface Option {
  value: string;
  text: string;
}

export function useLabels() {
  const language = useLanguage();
  const { t } = useText();
  const { number } = useFormat();
  const label = (one: Labelled, otherwise: string): string => (language.value === "zh" ? one.label_zh : one.label_en) || otherwise;

  function word(kind: string, value: string | null): string {
    if (value === null) return "";
    const entry = wordsOf(kind).rows.value.find((one) => one.value === value);
    return entry ? label(entry, value) : value;
  }
  /** What can be chosen now: what is retired is no longer offered. */
  const offered = (rows: readonly (Labelled & { value: string; retired: boolean })[]): Option[] =>
    rows.filter((one) => !one.retired).map((one) => ({ value: one.value, text: label(one, one.value) }));

  function choice(field: FieldRow, value: string): string {
    const found = field.choices.find((one) => one.value === value);
    return found ? label(found, value) : value;
  }
  /** What a customer has in a field, as people read it. */
  function fieldText(field: FieldRow, value: FieldValue | undefined): string {
    if (value === null || value === undefined) return "";
    if (Array.isArray(value)) return value.map((one) => choice(field, one)).join(" · ");
    if (typeof value === "number") return number(value);
    return field.kind === "choice" ? choice(field, value) : value;
  }
  return { label, word, offered, choice, fieldText, wordsOffered: (kind: string) => offered(wordsOf(kind).rows.value), yesNo: (value: boolean) => t(value ? "form.yes" : "form.no") };
}
