// What a list is filtered and sorted by, kept in the address: it survives a reload and can be sent to a colleague.
import { computed, type ComputedRef } from "vue";
import { useRoute, useRouter, type LocationQuery } from "vue-router";

export type Filters = Readonly<Record<string, string>>;

/** The values of the given names in an address; names that end in a dot stand for all that begin so. Pure. */
export function filtersOf(query: LocationQuery, names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [key, given] of Object.entries(query)) {
    const value = Array.isArray(given) ? given[0] : given;
    const ours = names.some((name) => key === name || (name.endsWith(".") && key.startsWith(name)));
    if (ours && value) found[key] = value;
  }
  return found;
}

/** The other order of a sort key: `-name` is downwards. Pure. */
export const nextSort = (now: string, key: string): string => (now === key ? `-${key}` : key);

/** What a column says of its order to people who listen. Pure. */
export function ariaSort(now: string, key: string | undefined): "ascending" | "descending" | "none" | undefined {
  if (key === undefined) return undefined;
  if (now === key) return "ascending";
  return now === `-${key}` ? "descending" : "none";
}

export interface ListAddress {
  filters: ComputedRef<Filters>;
  sort: ComputedRef<string>;
  /** Something is filtered. */
  filtered: ComputedRef<boolean>;
  /** An empty value takes the filter away. */
  set: (changes: Record<string, string>) => void;
  clear: () => void;
}

export function useListAddress(names: readonly string[], firstSort = ""): ListAddress {
  const route = useRoute();
  const router = useRouter();
  const here = route.name;
  const filters = computed<Filters>((before) => {
    const now = route.name === here ? filtersOf(route.query, names) : (before ?? {});
    return before && JSON.stringify(before) === JSON.stringify(now) ? before : now;
  });
  const sort = computed(() => (typeof route.query.sort === "string" ? route.query.sort : firstSort));
  const filtered = computed(() => Object.keys(filters.value).length > 0);

  function set(changes: Record<string, string>): void {
    const query = { ...route.query, ...changes };
    const kept = Object.entries(query).filter(([name, value]) => value && !(name === "sort" && value === firstSort));
    void router.replace({ query: Object.fromEntries(kept) });
  }
  const clear = () => set(Object.fromEntries(Object.keys(filters.value).map((name) => [name, ""])));
  return { filters, sort, filtered, set, clear };
}
