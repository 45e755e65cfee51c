// Both sides of a conflict as the ticket settings tell them: what is there now, beside what the form holds; pure.
import { ApiError } from "@/api/client";
import type { Conflict } from "@/ui/form/conflict";

type Values = Record<string, unknown>;
const isValues = (value: unknown): value is Values => typeof value === "object" && value !== null && !Array.isArray(value);

export function meanwhile(error: unknown, draft: object): Conflict | null {
  if (!(error instanceof ApiError) || error.status !== 409) return null;
  const there = error.values.now ?? error.values.current;
  if (!isValues(there) || typeof there.version !== "number") return null;
  const sides = Object.entries(draft).filter(([name]) => name !== "version" && name in there);
  return { version: there.version, fields: Object.fromEntries(sides.map(([name, yours]) => [name, { yours, theirs: there[name] }])) };
}
