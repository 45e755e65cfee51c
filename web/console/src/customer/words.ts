// Closed sets of the customer pages as texts: one table each.
import type { Key } from "@/i18n";

export const LANGUAGES: Record<string, Key> = { zh: "lang.zh", en: "lang.en" };

/** The fields of a customer by the names the service gives them. */
export const FIELD_NAMES: Record<string, Key> = {
  name: "customer.name",
  kind: "customer.kind",
  level: "customer.level",
  type: "customer.type",
  source: "customer.source",
  account_number: "customer.accountNumber",
  tax_number: "customer.taxNumber",
  owner_id: "customer.owner",
  owner: "customer.owner",
  team_id: "customer.team",
  team: "customer.team",
  language: "customer.language",
  birthday: "customer.birthday",
  notes: "customer.notes",
  do_not_call: "customer.dnc",
  numbers: "customer.numbers",
  emails: "customer.emails",
  contacts: "customer.contacts",
  addresses: "customer.addresses",
  tags: "customer.tags",
  custom: "customer.fields",
};

/** Why two customers may be one. */
export const REASONS: Record<string, Key> = {
  same_number: "dup.number",
  same_switchboard: "dup.switchboard",
  same_name: "dup.sameName",
  similar_name: "dup.name",
  same_account_number: "dup.account",
  same_tax_number: "dup.tax",
  same_email: "dup.email",
};
