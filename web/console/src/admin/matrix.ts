// The rights of a role as the matrix shows them; pure.
import type { RightRow, Scope } from "@/api/admin";

import { AREAS } from "./words";

export type Given = Record<string, Scope>;

const NAMED = new Set(AREAS.map(({ name }) => name));
const areaOf = (right: string): string => {
  const object = right.split(".")[0] ?? "";
  const area = { crm: "customer", work: "call" }[object] ?? object;
  return NAMED.has(area) ? area : "other";
};

/** The rights of each area, in the order of the areas; an area without any is left out. */
export function byArea(rights: readonly RightRow[]): { name: string; rights: RightRow[] }[] {
  return AREAS.map(({ name }) => ({ name, rights: rights.filter((one) => areaOf(one.right) === name) })).filter((one) => one.rights.length > 0);
}

/** A right given so far, or taken away. */
export function withRight(given: Given, right: string, scope: Scope | ""): Given {
  const rest = Object.fromEntries(Object.entries(given).filter(([name]) => name !== right));
  return scope === "" ? rest : { ...rest, [right]: scope };
}

/** In one order, so that the same rights are the same text. */
export const sorted = (given: Given): Given => Object.fromEntries(Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1)));

export interface Branch<T> {
  row: T;
  depth: number;
}

/** A tree as lines, each below its parent; whoever is in a circle or below nothing stands at the top. */
export function asLines<T extends { id: number; parent: number | null }>(rows: readonly T[]): Branch<T>[] {
  const known = new Set(rows.map(({ id }) => id));
  const seen = new Set<number>();
  const below = (parent: number | null, depth: number): Branch<T>[] =>
    rows.filter((row) => !seen.has(row.id) && (row.parent === parent || (parent === null && !known.has(row.parent ?? -1)))).flatMap((row) => {
      if (seen.has(row.id)) return [];
      seen.add(row.id);
      return [{ row, depth }, ...below(row.id, depth + 1)];
    });
  const lines = below(null, 0);
  return [...lines, ...rows.filter(({ id }) => !seen.has(id)).map((row) => ({ row, depth: 0 }))];
}

/** A team and everything below it: where it cannot be moved to. */
export function subtree(rows: readonly { id: number; parent: number | null }[], root: number): Set<number> {
  const found = new Set([root]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const { id, parent } of rows) {
      if (parent === null || !found.has(parent) || found.has(id)) continue;
      found.add(id);
      grown = true;
    }
  }
  return found;
}
