// A refusal of the service as what a form shows: notes at fields, or both sides of a conflict; pure but for the texts.
import { ApiError } from "@/api/client";
import { useText } from "@/i18n";
import { errorKey } from "@/ui/errors";

import type { Note } from "./notes";
import { problemOf } from "./problems";

export interface Side {
  yours: unknown;
  theirs: unknown;
}
export interface Conflict {
  /** The version that is there now: what is sent again is sent against it. */
  version: number;
  fields: Record<string, Side>;
}

const isSide = (value: unknown): value is Side => typeof value === "object" && value !== null && "yours" in value && "theirs" in value;

/** Both values of each field, when somebody else was faster; else null. Pure. */
export function conflictOf(error: unknown): Conflict | null {
  if (!(error instanceof ApiError) || error.status !== 409) return null;
  const { version, fields } = error.values;
  if (typeof version !== "number" || typeof fields !== "object" || fields === null) return null;
  const sides = Object.entries(fields).filter(([, value]) => isSide(value));
  return sides.length ? { version, fields: Object.fromEntries(sides) as Record<string, Side> } : null;
}

/** What really differs: what both wrote alike is no conflict. Pure. */
export const differing = ({ fields }: Conflict): [string, Side][] =>
  Object.entries(fields).filter(([, { yours, theirs }]) => JSON.stringify(yours) !== JSON.stringify(theirs));

export function useRefusals() {
  const { t } = useText();
  return (error: unknown): Note => {
    const known = error instanceof ApiError && error.field !== null && error.message !== "";
    if (!known) return { field: "", text: t(errorKey(error)), bad: true };
    const { key, values } = problemOf(error.message);
    return { field: error.field ?? "", text: t(key, values), bad: true };
  };
}
