// Whether the palette is open: Ctrl-K from anywhere, or its button.
import { onBeforeUnmount, onMounted, ref } from "vue";

export const open = ref(false);

export const isPaletteKey = (event: Pick<KeyboardEvent, "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">): boolean =>
  event.code === "KeyK" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;

export function usePaletteKey(): void {
  function pressed(event: KeyboardEvent): void {
    if (!isPaletteKey(event)) return;
    event.preventDefault(); // the browser would go to its own search
    open.value = !open.value;
  }
  onMounted(() => window.addEventListener("keydown", pressed));
  onBeforeUnmount(() => window.removeEventListener("keydown", pressed));
}
