// What comes first, put in order by hand: which rows get another place; pure.

export interface Placed {
  id: number;
  position: number;
}

const LARGEST = 1_000_000;

/** The rows that are to have another place so that `id` is one up (-1) or down (+1) among `rows`, which are in order. */
export function movedPlaces(rows: readonly Placed[], id: number, by: -1 | 1): Placed[] {
  const from = rows.findIndex((one) => one.id === id);
  const [one, other] = [rows[from], rows[from + by]];
  if (one === undefined || other === undefined) return [];
  const apart = rows.every((row, place) => place === 0 || row.position > (rows[place - 1]?.position ?? 0));
  if (apart) return [{ id: one.id, position: other.position }, { id: other.id, position: one.position }];
  const order = rows.map((row) => (row === one ? other : row === other ? one : row));
  return order.map(({ id: key }, place) => ({ id: key, position: place + 1 })).filter(({ id: key, position }) => rows.find((row) => row.id === key)?.position !== position);
}

/** Behind all of them. */
export const lastPlace = (rows: readonly { position: number }[]): number => Math.min(LARGEST, Math.max(0, ...rows.map((one) => one.position)) + 1);

/** Whether there is somebody to change places with. */
export function canMove(rows: readonly Placed[], id: number, by: -1 | 1): boolean {
  const from = rows.findIndex((one) => one.id === id);
  return from >= 0 && rows[from + by] !== undefined;
}
