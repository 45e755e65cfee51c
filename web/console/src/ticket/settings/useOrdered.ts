// A list that people put in order: moving one is saving the places of those that change.
import type { Bench } from "@/ui/bench/useBench";

import { canMove, movedPlaces, type Placed } from "./order";

/** `among`: the rows that a row changes places with. */
export function ordered<Row extends Placed>(among: (row: Row) => readonly Row[], save: (row: Row, position: number) => Promise<unknown>): NonNullable<Bench<Row, unknown>["kind"]["order"]> {
  return {
    can: (row, by) => canMove(among(row), row.id, by),
    move: async (row, by) => {
      const rows = among(row);
      for (const { id, position } of movedPlaces(rows, row.id, by)) {
        const one = rows.find((other) => other.id === id);
        if (one) await save(one, position);
      }
    },
  };
}
