// Both sides of a conflict, as the service tells them; pure.
import { ApiError } from "@/api/client";

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
