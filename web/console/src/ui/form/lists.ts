// Lists in forms; pure, each answers a new list.

export const without = <T>(list: readonly T[], place: number): T[] => list.filter((_, index) => index !== place);

/** One place up (-1) or down (+1); at an end it stays. */
export function moved<T>(list: readonly T[], place: number, by: -1 | 1): T[] {
  const to = place + by;
  const one = list[place];
  if (one === undefined || to < 0 || to >= list.length) return [...list];
  const rest = without(list, place);
  rest.splice(to, 0, one);
  return rest;
}

/** One a line, or separated by commas. */
export const linesOf = (text: string): string[] => text.split(/[\s,，;；]+/).filter(Boolean);

export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The rest of it. */
export function omit<T extends object, K extends keyof T>(value: T, ...keys: K[]): Omit<T, K> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !(keys as string[]).includes(key))) as Omit<T, K>;
}

/** A deep copy of what is only data. */
export const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
