// What a category asks of its tickets, and what was changed of one; pure.
import type { FieldValue, FieldValues } from "@/api/crm";
import type { Category, CategoryField, TicketChange, TicketFull } from "@/api/tickets";
import { same } from "@/ui/form/lists";

/** Those of the categories above first; what is retired only where the ticket has it. */
export function rulesOf(category: Category | null, values: FieldValues = {}): CategoryField[] {
  if (category === null) return [];
  return [...category.inherited, ...category.fields].filter((rule) => !rule.retired || (values[rule.name] ?? null) !== null);
}

const isEmpty = (value: FieldValue | undefined) => value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);

/** What must be there before it can be resolved, and is not. */
export const missingOf = (rules: readonly CategoryField[], values: FieldValues): string[] =>
  rules.filter((rule) => rule.required && !rule.retired && isEmpty(values[rule.name])).map((rule) => rule.name);

/** The values as they are sent with a category: only its own, and only those that say something. */
export const valuesSent = (rules: readonly CategoryField[], values: FieldValues): FieldValues =>
  Object.fromEntries(rules.filter((rule) => !isEmpty(values[rule.name])).map((rule) => [rule.name, values[rule.name] ?? null]));

export type TicketDraft = Pick<TicketFull, "title" | "description" | "priority" | "category" | "fields">;
export const draftOf = ({ title, description, priority, category, fields }: TicketFull): TicketDraft => ({ title, description, priority, category, fields: { ...fields } });

/** Only what is other than before, without the version. */
export function changesOf(before: TicketDraft, now: TicketDraft): Omit<TicketChange, "version"> {
  const names = ["title", "description", "priority", "category"] as const;
  const changed: Record<string, unknown> = Object.fromEntries(names.filter((name) => !same(before[name], now[name])).map((name) => [name, now[name]]));
  const fields = Object.keys({ ...before.fields, ...now.fields }).filter((name) => !same(before.fields[name] ?? null, now.fields[name] ?? null));
  if (fields.length) changed.fields = Object.fromEntries(fields.map((name) => [name, now.fields[name] ?? null]));
  return changed;
}
