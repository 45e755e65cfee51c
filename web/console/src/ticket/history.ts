// Which values an event has changed, before beside after; pure.
import type { Happening } from "@/api/tickets";

export interface ChangedField {
  name: string;
  before: unknown;
  after: unknown;
}

const isSides = (value: unknown): value is { before: unknown; after: unknown } => typeof value === "object" && value !== null && "before" in value && "after" in value;

export function changedFields({ before, after, data, kind }: Pick<Happening, "before" | "after" | "data" | "kind">): ChangedField[] {
  // What was there from the start was not changed.
  const columns = kind === "created" ? [] : Object.keys({ ...before, ...after }).map((name) => ({ name, before: before?.[name], after: after?.[name] }));
  const told = Object.entries(data ?? {}).flatMap(([name, value]) => (isSides(value) ? [{ name, before: value.before, after: value.after }] : []));
  return [...columns, ...told];
}
