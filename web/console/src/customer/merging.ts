// Which fields of two customers differ and must be chosen between before they become one; pure.
import type { CustomerFull, FieldRow } from "@/api/crm";

export type Keep = "source" | "target";
export interface Choice {
  field: string;
  target: unknown;
  source: unknown;
}

/** The fields of which one value stays; lists of both come together. */
export const SINGLE = ["name", "kind", "level", "type", "source", "account_number", "tax_number", "owner_id", "team_id", "language", "birthday", "notes", "do_not_call"] as const;

const nothing = (value: unknown) => value === null || value === undefined || value === "";
const alike = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** What differs; a list of the house's own choices is one value, too. */
export function choices(target: CustomerFull, source: CustomerFull, fields: readonly FieldRow[]): Choice[] {
  const plain = SINGLE.map((field): Choice => ({ field, target: target[field], source: source[field] }));
  const own = fields.map(({ name }): Choice => ({ field: `field.${name}`, target: target.custom[name] ?? null, source: source.custom[name] ?? null }));
  return [...plain, ...own].filter((one) => !alike(one.target, one.source));
}

/** The one that stays keeps its own, unless it has nothing there. Whoever must not be called must not be called. */
export function suggested({ field, target, source }: Choice): Keep {
  if (field === "do_not_call") return source === true ? "source" : "target";
  return nothing(target) && !nothing(source) ? "source" : "target";
}
