// What somebody types, told on when they pause; what comes from outside replaces it.
import { onScopeDispose, ref, watch, type Ref } from "vue";

const PAUSE = 250; // ms without a key

export function useTyped(from: () => string, told: (text: string) => void, pause = PAUSE): Ref<string> {
  const text = ref(from());
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = text.value;
  watch(text, (now) => {
    clearTimeout(timer);
    if (now === last) return;
    timer = setTimeout(() => told((last = now.trim())), pause);
  });
  watch(from, (now) => {
    if (now !== last) text.value = last = now;
  });
  onScopeDispose(() => clearTimeout(timer));
  return text;
}
