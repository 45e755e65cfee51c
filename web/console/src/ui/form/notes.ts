// What is to be said at the fields of a form: each refusal and each warning where its field is, the rest above.
import { computed, inject, onBeforeUnmount, provide, shallowReactive, watch, type ComputedRef, type InjectionKey } from "vue";

export interface Note {
  field: string;
  text: string;
  bad: boolean;
}

/** The field that shows what is said of `path`: the innermost one around it. Pure. */
export function ownerOf(path: string, fields: Iterable<string>): string | null {
  let found: string | null = null;
  for (const field of fields) {
    const around = path === field || (path.startsWith(field) && /^[.[]/.test(path.slice(field.length)));
    if (around && field.length > (found ?? "").length) found = field;
  }
  return found;
}

interface Board {
  notes: ComputedRef<readonly Note[]>;
  fields: Set<string>;
}
const KEY: InjectionKey<Board> = Symbol("notes");

/** For the form: what no field of it shows. */
export function provideNotes(notes: ComputedRef<readonly Note[]>): ComputedRef<Note[]> {
  const fields = shallowReactive(new Set<string>());
  provide(KEY, { notes, fields });
  return computed(() => notes.value.filter((one) => ownerOf(one.field, fields) === null));
}

/** For a field: what is said of it. */
export function useNotes(path: () => string): ComputedRef<readonly Note[]> {
  const board = inject(KEY, null);
  if (board === null) return computed(() => []);
  const stop = watch(
    path,
    (now, before) => {
      if (before !== undefined) board.fields.delete(before);
      board.fields.add(now);
    },
    { immediate: true },
  );
  onBeforeUnmount(() => {
    stop();
    board.fields.delete(path());
  });
  return computed(() => board.notes.value.filter((one) => ownerOf(one.field, board.fields) === path()));
}
