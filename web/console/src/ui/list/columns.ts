// Which columns of a list somebody looks at, remembered in this browser by the list's name.
import { computed, ref, type ComputedRef } from "vue";

export interface Column<Row = unknown> {
  key: string;
  title: string;
  /** The name by which the service sorts; none: it does not. */
  sort?: string;
  /** Always there, e.g. what names the row. */
  fixed?: boolean;
  /** Not there until somebody asks for it. */
  extra?: boolean;
  /** Digits below each other. */
  number?: boolean;
  /** Stays on one line: a telephone number, a name of a person. */
  whole?: boolean;
  width?: string;
  /** What stands in the cell where no slot of this name says otherwise. */
  text?: (row: Row) => string;
}

const STORED = "callcenter.columns.";

/** The columns to show, in their own order; `chosen` is null until somebody has chosen. Pure. */
export function columnsShown<C extends Pick<Column, "key" | "fixed" | "extra">>(columns: readonly C[], chosen: readonly string[] | null): C[] {
  return columns.filter((one) => one.fixed || (chosen === null ? !one.extra : chosen.includes(one.key)));
}

function stored(name: string): string[] | null {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(STORED + name) ?? "null");
    return Array.isArray(found) ? found.filter((one) => typeof one === "string") : null;
  } catch {
    return null; // damaged: as at first
  }
}

export interface Columns<Row> {
  all: ComputedRef<readonly Column<Row>[]>;
  shown: ComputedRef<Column<Row>[]>;
  isShown: (key: string) => boolean;
  toggle: (key: string) => void;
  reset: () => void;
}

export function useColumns<Row>(name: string, all: () => readonly Column<Row>[]): Columns<Row> {
  const chosen = ref(stored(name));
  const columns = computed(all);
  const shown = computed(() => columnsShown(columns.value, chosen.value));
  const isShown = (key: string) => shown.value.some((one) => one.key === key);

  function toggle(key: string): void {
    const now = shown.value.map((one) => one.key);
    chosen.value = now.includes(key) ? now.filter((one) => one !== key) : [...now, key];
    localStorage.setItem(STORED + name, JSON.stringify(chosen.value));
  }
  function reset(): void {
    chosen.value = null;
    localStorage.removeItem(STORED + name);
  }
  return { all: columns, shown, isShown, toggle, reset };
}
