// What somebody has typed and not saved, by what it belongs to; it survives tabs, views and a reload.
import { computed, reactive, type WritableComputedRef } from "vue";

const STORED = "callcenter.drafts";
const OWNER = "callcenter.drafts.owner";

function restored(): Map<string, string> {
  try {
    return new Map(JSON.parse(sessionStorage.getItem(STORED) ?? "[]") as [string, string][]);
  } catch {
    return new Map(); // storage damaged: nothing to restore
  }
}

const drafts = reactive(restored());

function set(key: string, text: string): void {
  if (text) drafts.set(key, text);
  else drafts.delete(key);
  sessionStorage.setItem(STORED, JSON.stringify([...drafts]));
}

export function useDraft(key: () => string): WritableComputedRef<string> {
  return computed({ get: () => drafts.get(key()) ?? "", set: (text) => set(key(), text) });
}

/** The drafts of one tab are named `tab/part`. */
export function hasDraft(tab: string): boolean {
  return [...drafts.keys()].some((key) => key.startsWith(`${tab}/`));
}

/** What was written about one call goes on with the call it turned out to be part of. */
export function moveDrafts(from: string, to: string): void {
  for (const key of [...drafts.keys()].filter((name) => name.startsWith(`${from}/`))) {
    const target = to + key.slice(from.length);
    set(target, [drafts.get(target), drafts.get(key)].filter(Boolean).join("\n"));
    set(key, "");
  }
}

/** After a session ended by itself, its drafts wait for the same person and for nobody else. */
export function claimDrafts(user: number): void {
  if (sessionStorage.getItem(OWNER) !== String(user)) forgetDrafts();
  sessionStorage.setItem(OWNER, String(user));
}

export function forgetDrafts(): void {
  drafts.clear();
  sessionStorage.removeItem(STORED);
}
