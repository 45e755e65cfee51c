// A customer's fields and their values in the reader's words, wherever they are compared.
import type { FieldValue } from "@/api/crm";
import { fields, people, teams, useLabels } from "@/crm/house";
import { useText } from "@/i18n";

import { FIELD_NAMES, LANGUAGES } from "./words";

const OWN = /^(custom|field)\./;
/** What stands for a part of a list in one line. */
const PARTS = ["number", "raw", "email", "name", "street", "city"];

export function useShown() {
  const { t } = useText();
  const { label, word, fieldText, yesNo } = useLabels();
  const fieldOf = (name: string) => fields.rows.value.find((one) => one.name === name.replace(OWN, ""));

  function title(name: string): string {
    const key = FIELD_NAMES[name];
    if (key) return t(key);
    const field = fieldOf(name);
    return field ? label(field, field.name) : name;
  }

  const nameIn = (rows: readonly { id: number; name: string }[], id: unknown) => rows.find((one) => one.id === id)?.name ?? String(id);
  /** Fields whose values are names for something. */
  const READ: Record<string, (given: unknown) => string> = {
    level: (given) => word("level", String(given)),
    type: (given) => word("type", String(given)),
    source: (given) => word("source", String(given)),
    kind: (given) => t(given === "company" ? "customer.company" : "customer.person"),
    language: (given) => languageText(String(given)),
    owner_id: (given) => nameIn(people.rows.value, given),
    team_id: (given) => nameIn(teams.rows.value, given),
  };

  function value(given: unknown, name: string): string {
    if (given === null || given === undefined || given === "") return "–";
    if (typeof given === "boolean") return yesNo(given);
    const read = READ[name];
    if (read) return read(given);
    const field = FIELD_NAMES[name] ? undefined : fieldOf(name);
    return (field ? fieldText(field, given as FieldValue) : plain(given)) || "–";
  }
  function plain(given: unknown): string {
    if (Array.isArray(given)) return given.map(partText).join(" · ");
    return typeof given === "object" && given !== null ? recordText(given as Record<string, unknown>) : String(given);
  }
  const languageText = (code: string) => (LANGUAGES[code] ? t(LANGUAGES[code]) : code);
  const partText = (part: unknown): string => {
    if (typeof part !== "object" || part === null) return String(part);
    const row = part as Record<string, unknown>;
    return PARTS.map((one) => row[one]).filter((one) => typeof one === "string" && one).join(", ");
  };
  const recordText = (row: Record<string, unknown>) => Object.entries(row).map(([name, one]) => `${title(name)}: ${value(one, name)}`).join("\n");
  return { title, value };
}
