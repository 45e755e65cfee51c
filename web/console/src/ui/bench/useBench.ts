// A list of things to describe and the form of the one in front; what was typed is kept while one looks at others.
import { computed, inject, nextTick, provide, ref, shallowReactive, shallowRef, watch, type InjectionKey } from "vue";
import { useRoute, useRouter } from "vue-router";

import type { Saved, Warning } from "@/api/setup";
import { useText } from "@/i18n";
import { useAsk } from "@/ui/useAsk";
import { useLoad } from "@/ui/useLoad";

import { copy, same } from "@/ui/form/lists";
import type { Note } from "@/ui/form/notes";
import type { Conflict } from "@/ui/form/conflict";
import { cautionOf } from "@/ui/form/problems";
import { useRefusals } from "@/ui/form/refusal";

export interface Kind<Row, Draft> {
  name: string;
  list: () => Promise<Row[]>;
  key: (row: Row) => string;
  blank: (() => Draft) | null;
  draftOf: (row: Row) => Draft;
  save: (draft: Draft, before: Row | null) => Promise<Saved<Row>>;
  remove: ((row: Row) => Promise<unknown>) | null;
  /** Some stay for ever. */
  stays?: (row: Row) => boolean;
  /** What else the address says while this list is in front. */
  query?: Record<string, string>;
  /** The field of the form that a refused field of the request is, where they are not the same. */
  fieldOf?: (field: string) => string;
  /** Somebody was faster: both sides of it. The draft then holds the version that it was read at. */
  conflict?: (error: unknown, draft: Draft) => Conflict | null;
  /** To be looked at only. */
  locked?: (row: Row) => boolean;
  /** The list has an order that people choose. */
  order?: { can: (row: Row, by: -1 | 1) => boolean; move: (row: Row, by: -1 | 1) => Promise<unknown> };
}

/** In the address in the place of a name: something new. No name has such a sign. */
export const NEW = "+";

interface Around {
  drafts: Map<string, unknown>;
  changed: () => void;
}
const AROUND: InjectionKey<Around> = Symbol("around");
const alone = (): Around => ({ drafts: shallowReactive(new Map<string, unknown>()), changed: () => undefined });

/** For the page: what is not saved yet, whichever list is in front. `changed`: something was saved or removed. */
export function provideBenches(changed: () => void = () => undefined): Map<string, unknown> {
  const around = { ...alone(), changed };
  provide(AROUND, around);
  return around.drafts;
}

export function useBench<Row, Draft>(kind: Kind<Row, Draft>) {
  const { t } = useText();
  const refusal = useRefusals();
  const route = useRoute();
  const router = useRouter();
  const { drafts, changed } = inject(AROUND, alone, true);
  const load = useLoad(() => kind.name, kind.list);
  const rows = computed(() => load.data.value ?? []);
  const wanted = computed(() => (typeof route.query.one === "string" ? route.query.one : null));
  const row = computed((): Row | null => rows.value.find((one) => kind.key(one) === wanted.value) ?? null);
  const isNew = computed(() => wanted.value === NEW && kind.blank !== null);
  const draft = ref<Draft | null>(null);
  const warnings = shallowRef<readonly Warning[]>([]);
  const saved = ref(false);
  const slot = (key: string) => `${kind.name}/${key}`;

  const stored = (): Draft | null => (isNew.value && kind.blank ? kind.blank() : row.value ? copy(kind.draftOf(row.value)) : null);
  const dirty = computed(() => draft.value !== null && !same(draft.value, stored()));
  const unsaved = (one: Row) => drafts.has(slot(kind.key(one)));

  function show(): void {
    const key = wanted.value;
    const kept = key === null ? undefined : drafts.get(slot(key));
    draft.value = (kept === undefined || (row.value === null && !isNew.value) ? stored() : copy(kept)) as typeof draft.value;
  }

  const ask = useAsk(async (): Promise<void> => {
    const key = wanted.value;
    if (draft.value === null || key === null) return;
    const answer = await kind.save(copy(draft.value) as Draft, row.value);
    drafts.delete(slot(key));
    warnings.value = answer.warnings;
    await load.reload();
    saved.value = true;
    await router.replace({ query: { ...kind.query, one: kind.key(answer.saved) } });
    show();
    changed();
  });
  const removal = useAsk(async (): Promise<void> => {
    if (row.value === null || kind.remove === null || wanted.value === null) return;
    await kind.remove(row.value);
    drafts.delete(slot(wanted.value));
    draft.value = null;
    await load.reload();
    await router.replace({ query: { ...kind.query } });
    changed();
  });

  const moving = useAsk(async (one: Row, by: -1 | 1): Promise<void> => {
    await kind.order?.move(one, by).finally(load.reload);
    changed();
  });

  async function save(): Promise<boolean> {
    saved.value = false;
    warnings.value = [];
    await ask.run();
    await nextTick();
    return ask.error.value === null;
  }

  function discard(): void {
    if (wanted.value !== null) drafts.delete(slot(wanted.value));
    ask.error.value = null;
    draft.value = stored() as typeof draft.value;
  }

  const conflict = computed(() => (draft.value === null ? null : (kind.conflict?.(ask.error.value, draft.value as Draft) ?? null)));
  /** The values that were chosen, against the version whose values they were chosen from. */
  async function settle(fields: Record<string, unknown>, version: number): Promise<boolean> {
    Object.assign(draft.value as object, fields, { version });
    return save();
  }
  async function takeTheirs(): Promise<void> {
    discard();
    await load.reload();
  }

  function noteOf(error: unknown): Note {
    const note = refusal(error);
    return { ...note, field: kind.fieldOf?.(note.field) ?? note.field };
  }
  const notes = computed((): Note[] => {
    const bad = [conflict.value ? null : ask.error.value, removal.error.value].filter((one) => one !== null).map(noteOf);
    const mild = warnings.value.map((one) => {
      const { key, values } = cautionOf(one);
      return { field: one.field, text: t(key, values), bad: false };
    });
    return [...bad, ...mild];
  });

  watch([wanted, row], ([key, now], [keyBefore, before]) => {
    if (key !== keyBefore) {
      ask.error.value = removal.error.value = null;
      if (!ask.busy.value) {
        saved.value = false;
        warnings.value = [];
      }
    }
    if (key !== keyBefore || now !== before) show();
  });
  watch(draft, () => {
    const key = wanted.value;
    if (key === null || draft.value === null) return;
    if (dirty.value) {
      drafts.set(slot(key), copy(draft.value));
      saved.value = false;
    } else drafts.delete(slot(key));
  }, { deep: true });
  show();

  return { kind, load, rows, row, wanted, isNew, draft, dirty, unsaved, saved, notes, save, discard, busy: ask.busy, remove: removal.run, removing: removal.busy, conflict, settle, takeTheirs, moving };
}

export type Bench<Row, Draft> = ReturnType<typeof useBench<Row, Draft>>;
