// The first field of a form has the focus when the form appears: one writes at once, also without a mouse.
import { nextTick, onMounted } from "vue";

export function useFirstField(form: string): void {
  onMounted(async () => {
    await nextTick();
    document.querySelector<HTMLElement>(`[data-testid=${form}] :is(input, select, textarea)`)?.focus();
  });
}
