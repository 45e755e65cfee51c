// What one writes on a ticket, kept on the service while one writes: it is there in every window, after every reload.
import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";

import { ApiError } from "@/api/client";
import { drafts, type Draft } from "@/api/tickets";

const PAUSE = 700; // ms without a key

export interface KeptDraft {
  text: Ref<string>;
  internal: Ref<boolean>;
  keptAt: Ref<number | null>;
  /** The ticket is another than when this was written. */
  stale: Ref<boolean>;
  /** What another window of the same person has written meanwhile. */
  other: ShallowRef<Draft | null>;
  error: ShallowRef<unknown>;
  keepMine: () => void;
  takeOther: () => void;
  /** It was sent. */
  drop: () => Promise<void>;
}

export function useKeptDraft(ticket: () => number, version: () => number): KeptDraft {
  const text = ref("");
  const internal = ref(false);
  const keptAt = ref<number | null>(null);
  const stale = ref(false);
  const other = shallowRef<Draft | null>(null);
  const error = shallowRef<unknown>(null);
  const of = ticket();
  let known = 0; // the draft's version that was read last
  let dirty = false;
  let last = { text: "", internal: false }; // as the service has it
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> = Promise.resolve();

  function show(draft: Draft): void {
    text.value = draft.text;
    internal.value = draft.internal;
    known = draft.version;
    keptAt.value = draft.updated_at;
    stale.value = draft.stale;
    last = { text: draft.text, internal: draft.internal };
    dirty = false;
  }

  async function write(): Promise<void> {
    if (!dirty || other.value) return;
    dirty = false;
    try {
      if (text.value.trim() === "") return await forget();
      const kept = await drafts.write(of, { text: text.value, internal: internal.value, ticket_version: version(), version: known });
      known = kept.version;
      last = { text: kept.text, internal: kept.internal };
      keptAt.value = kept.updated_at;
      stale.value = false;
      error.value = null;
    } catch (caught) {
      const current = caught instanceof ApiError && caught.status === 409 ? (caught.values.current as Draft | null | undefined) : undefined;
      dirty = true;
      if (current) other.value = current;
      else if (current === null) known = 0; // dropped in another window: the next one is new
      else error.value = caught;
    }
  }
  async function forget(): Promise<void> {
    if (known > 0) await drafts.drop(of);
    known = 0;
    last = { text: "", internal: internal.value };
    keptAt.value = null;
    stale.value = false;
  }
  /** One after the other: each has to know the version that the one before it made. */
  const keep = () => (running = running.then(write));

  watch([text, internal], () => {
    if (text.value === last.text && internal.value === last.internal) return;
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(() => void keep(), PAUSE);
  });
  onScopeDispose(() => {
    clearTimeout(timer);
    void keep();
  });

  drafts.list().then(
    (all) => {
      const mine = all.find((one) => one.ticket === of);
      if (!mine) return;
      if (text.value === "") show(mine);
      else other.value = mine; // somebody was faster than the answer
    },
    (caught: unknown) => (error.value = caught),
  );

  return {
    text, internal, keptAt, stale, other, error,
    keepMine() {
      known = other.value?.version ?? 0;
      other.value = null;
      dirty = true;
      void keep();
    },
    takeOther() {
      if (other.value) show(other.value);
      other.value = null;
    },
    async drop() {
      clearTimeout(timer);
      await running;
      text.value = "";
      dirty = false;
      await forget().catch((caught: unknown) => (error.value = caught));
    },
  };
}
