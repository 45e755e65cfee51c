// A customer as a form holds it, and what is sent of it; pure.
import type { AddressRow, CustomerFull, FieldRow, FieldValue, FieldValues } from "@/api/crm";
import type { CustomerKind } from "@/api/types";

/** Rows that are there already keep their ids: they are changed, not made anew. */
export interface NumberDraft {
  id: number | null;
  number: string;
  label: string | null;
  switchboard: boolean;
  /** Whose it is, as a place in the contacts. */
  contact: number | null;
}
export interface EmailDraft {
  id: number | null;
  email: string;
  label: string | null;
  contact: number | null;
}
export interface ContactDraft {
  id: number | null;
  name: string;
  role: string | null;
}
export type AddressDraft = Omit<AddressRow, "id"> & { id: number | null };
export interface CustomerDraft {
  kind: CustomerKind;
  name: string;
  level: string | null;
  type: string | null;
  source: string | null;
  account_number: string | null;
  tax_number: string | null;
  owner_id: number | null;
  team_id: number | null;
  language: string | null;
  birthday: string | null;
  notes: string | null;
  do_not_call: boolean;
  numbers: NumberDraft[];
  emails: EmailDraft[];
  contacts: ContactDraft[];
  addresses: AddressDraft[];
  tags: string[];
  custom: FieldValues;
}

export const newNumber = (number = ""): NumberDraft => ({ id: null, number, label: null, switchboard: false, contact: null });
export const newEmail = (): EmailDraft => ({ id: null, email: "", label: null, contact: null });
export const newContact = (): ContactDraft => ({ id: null, name: "", role: null });
export const newAddress = (): AddressDraft => ({ id: null, label: null, country: null, region: null, city: null, street: null, postcode: null });

export const newCustomer = (number: string | null = null): CustomerDraft => ({
  kind: "person", name: "", level: null, type: null, source: null, account_number: null, tax_number: null,
  owner_id: null, team_id: null, language: null, birthday: null, notes: null, do_not_call: false,
  numbers: number === null ? [] : [newNumber(number)], emails: [], contacts: [], addresses: [], tags: [], custom: {},
});

/** Contacts are named by their ids there and by their places here. */
export function draftOf(one: CustomerFull): CustomerDraft {
  const place = (contact: number | null) => (contact === null ? null : one.contacts.findIndex(({ id }) => id === contact));
  const found = (at: number | null) => (at === -1 ? null : at);
  return {
    kind: one.kind === "company" ? "company" : "person", name: one.name, level: one.level, type: one.type, source: one.source,
    account_number: one.account_number, tax_number: one.tax_number, owner_id: one.owner_id, team_id: one.team_id,
    language: one.language, birthday: one.birthday, notes: one.notes, do_not_call: one.do_not_call,
    numbers: one.numbers.map(({ id, raw, label, switchboard, contact }) => ({ id, number: raw, label, switchboard, contact: found(place(contact)) })),
    emails: one.emails.map(({ id, email, label, contact }) => ({ id, email, label, contact: found(place(contact)) })),
    contacts: one.contacts.map(({ id, name, role }) => ({ id, name, role })),
    addresses: one.addresses.map(({ id, label, country, region, city, street, postcode }) => ({ id, label, country, region, city, street, postcode })),
    tags: [...one.tags],
    custom: { ...one.custom },
  };
}

/** Without the rows nobody filled in; a contact that goes is nobody's any more. */
export function tidied(draft: CustomerDraft): CustomerDraft {
  const contacts = draft.contacts.map((one, place) => ({ one, place })).filter(({ one }) => one.name.trim());
  const now = new Map(contacts.map(({ place }, index) => [place, index]));
  const whose = (place: number | null) => (place === null ? null : (now.get(place) ?? null));
  return {
    ...draft,
    name: draft.name.trim(),
    contacts: contacts.map(({ one }) => one),
    numbers: draft.numbers.filter((one) => one.number.trim()).map((one) => ({ ...one, contact: whose(one.contact) })),
    emails: draft.emails.filter((one) => one.email.trim()).map((one) => ({ ...one, contact: whose(one.contact) })),
    addresses: draft.addresses.filter((one) => [one.street, one.city, one.region, one.postcode, one.label].some((value) => value?.trim())),
  };
}

/** What differs from what was read; only that is sent, so that two people's changes to different things both stay. */
export function changesOf(before: CustomerDraft, draft: CustomerDraft): Partial<CustomerDraft> {
  const was = tidied(before);
  const now = tidied(draft);
  const differs = (key: keyof CustomerDraft) => JSON.stringify(was[key]) !== JSON.stringify(now[key]);
  const changed = Object.fromEntries((Object.keys(now) as (keyof CustomerDraft)[]).filter(differs).map((key) => [key, now[key]])) as Partial<CustomerDraft>;
  if (changed.custom) changed.custom = fieldChanges(was.custom, now.custom);
  // Numbers and addresses name contacts by their place: when those change, so do the places.
  if (changed.contacts) Object.assign(changed, { numbers: now.numbers, emails: now.emails });
  else if (changed.numbers || changed.emails) changed.contacts = now.contacts;
  return changed;
}

const fieldChanges = (was: FieldValues, now: FieldValues): FieldValues =>
  Object.fromEntries(Object.entries(now).filter(([name, value]) => JSON.stringify(was[name] ?? null) !== JSON.stringify(value)));

/** What is sent for a new customer: nothing that nobody filled in. */
export function wishOf(draft: CustomerDraft): Partial<CustomerDraft> {
  const now = tidied(draft);
  now.custom = Object.fromEntries(Object.entries(now.custom).filter(([, value]) => value !== null));
  const filled = (value: unknown) => value !== null && value !== "" && value !== false && !(Array.isArray(value) && value.length === 0) && !(typeof value === "object" && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(now).filter(([, value]) => filled(value)));
}

/** An empty field has no value, rather than an empty one. */
export function withField(values: FieldValues, name: string, value: FieldValue): FieldValues {
  const empty = value === null || value === "" || (Array.isArray(value) && value.length === 0);
  return { ...values, [name]: empty ? null : value };
}

/** The fields of a form: those in use, and retired ones only where something stands in them. */
export const fieldsShown = (all: readonly FieldRow[], values: FieldValues): FieldRow[] =>
  all.filter((one) => !one.retired || (values[one.name] ?? null) !== null);
