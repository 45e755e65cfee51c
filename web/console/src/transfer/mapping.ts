// What the columns of a file are said to be; pure.
import type { ImportField, Key, Mapping } from "@/api/transfer";

/** The field that a key is found in. */
export const KEY_FIELD: Record<Key, string> = { external_id: "external_id", account_number: "account_number", phone: "phone", email: "email" };
const ORDER: readonly Key[] = ["external_id", "account_number", "phone", "email"];

/** The surest key among the columns. */
export const keyFor = (columns: readonly (string | null)[]): Key => ORDER.find((key) => columns.includes(KEY_FIELD[key])) ?? "phone";

/** A field for a column; another column that cannot be the same is left out. */
export function mapped(columns: readonly (string | null)[], place: number, code: string | null, fields: readonly ImportField[]): (string | null)[] {
  const several = fields.find((one) => one.code === code)?.several ?? true;
  return columns.map((now, at) => (at === place ? code : now === code && !several ? null : now));
}

/** Why this cannot be tried out yet: nothing is mapped, or not what says who is who. */
export const incomplete = ({ columns, key }: Mapping): boolean => !columns.includes(KEY_FIELD[key]);

/** The cells below a heading, as far as they say something. */
export const samplesOf = (sample: readonly (readonly string[])[], place: number): string[] => sample.map((row) => row[place] ?? "").filter((cell) => cell.trim() !== "").slice(0, 3);
