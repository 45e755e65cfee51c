// One form on its way to the service: busy, refused at a field, or met by somebody else's change.
import { computed, shallowRef, type ComputedRef, type Ref } from "vue";

import { useAsk } from "@/ui/useAsk";

import { conflictOf, type Conflict } from "./conflict";
import type { Note } from "./notes";
import { useRefusals } from "./refusal";

export interface Form {
  submit: () => Promise<boolean>;
  busy: Ref<boolean>;
  notes: ComputedRef<readonly Note[]>;
  conflict: ComputedRef<Conflict | null>;
  /** Nothing was refused, as at first. */
  forget: () => void;
}

/** `send` throws what the service refuses; `submit` answers whether it was taken. */
export function useForm(send: () => Promise<unknown>): Form {
  const refusal = useRefusals();
  const ask = useAsk(async () => {
    await send();
  });
  const dismissed = shallowRef<unknown>(null);
  const error = computed(() => (ask.error.value === dismissed.value ? null : ask.error.value));
  const conflict = computed(() => conflictOf(error.value));
  const notes = computed(() => (error.value === null || conflict.value ? [] : [refusal(error.value)]));

  async function submit(): Promise<boolean> {
    if (ask.busy.value) return false;
    await ask.run();
    return ask.error.value === null;
  }
  return { submit, busy: ask.busy, notes, conflict, forget: () => (dismissed.value = ask.error.value) };
}
