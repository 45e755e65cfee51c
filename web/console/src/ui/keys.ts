// Single keys, for lists and work without a mouse: never while somebody types, and they can be switched off.
import { onBeforeUnmount, onMounted, readonly, ref } from "vue";

const STORED = "callcenter.keys";
const TYPED = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable='true'], [role=combobox]";
const COVERS = "dialog[open], .el-overlay:not([style*='display: none'])";

const on = ref(localStorage.getItem(STORED) !== "off");
export const singleKeys = readonly(on);

export function switchSingleKeys(wanted: boolean): void {
  on.value = wanted;
  localStorage.setItem(STORED, wanted ? "on" : "off");
}

type Pressed = Pick<KeyboardEvent, "key" | "altKey" | "ctrlKey" | "metaKey" | "isComposing" | "target">;

/** The key, when it is one that means something by itself here and now. */
export function singleKeyOf(event: Pressed): string | null {
  const modified = event.altKey || event.ctrlKey || event.metaKey || event.isComposing;
  if (!on.value || modified || event.key.length !== 1) return null;
  const typing = event.target instanceof Element && event.target.closest(TYPED) !== null;
  return typing ? null : event.key.toLowerCase();
}

export function useSingleKeys(table: Record<string, () => void>): void {
  function pressed(event: KeyboardEvent): void {
    const key = event.defaultPrevented ? null : singleKeyOf(event);
    const action = key === null || document.querySelector(COVERS) ? undefined : table[key];
    if (!action) return;
    event.preventDefault();
    action();
  }
  onMounted(() => window.addEventListener("keydown", pressed));
  onBeforeUnmount(() => window.removeEventListener("keydown", pressed));
}
