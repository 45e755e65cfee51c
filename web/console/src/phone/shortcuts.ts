// Keys for the call: only with modifier keys, so that typing never touches a call.
import { onBeforeUnmount, onMounted } from "vue";

export type Shortcut = "answer" | "hangup" | "hold" | "mute" | "keypad" | "transfer" | "ready";

/** By the key's place, which is the same on every layout. */
const KEYS: Record<string, Shortcut> = {
  KeyY: "answer",
  KeyX: "hangup",
  KeyH: "hold",
  KeyM: "mute",
  KeyK: "keypad",
  KeyF: "transfer",
  KeyR: "ready",
};

export function shortcutOf(event: Pick<KeyboardEvent, "altKey" | "shiftKey" | "ctrlKey" | "metaKey" | "repeat" | "code">): Shortcut | null {
  const ours = event.altKey && event.shiftKey && !event.ctrlKey && !event.metaKey && !event.repeat;
  return ours ? (KEYS[event.code] ?? null) : null;
}

export function useShortcuts(table: Partial<Record<Shortcut, () => unknown>>): void {
  function pressed(event: KeyboardEvent): void {
    const shortcut = shortcutOf(event);
    const action = shortcut && table[shortcut];
    if (!action) return;
    event.preventDefault();
    action();
  }
  onMounted(() => window.addEventListener("keydown", pressed));
  onBeforeUnmount(() => window.removeEventListener("keydown", pressed));
}
