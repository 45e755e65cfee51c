// Who is signed in, for the whole page.
import { computed, shallowRef } from "vue";

import { session as api, me } from "@/api/calls";
import { ApiError, setCsrf, whenSignedOut } from "@/api/client";
import type { SessionView } from "@/api/types";
import { claimDrafts, forgetDrafts } from "@/agent/drafts";
import { forgetTabs } from "@/agent/tabs";
import { setLanguage } from "@/i18n";
import { languageOf, type Language } from "@/i18n/language";
import { connect, disconnect } from "@/live/live";
import { setTheme, themeOf, type Theme } from "@/theme";

export type Right =
  | "customer.read"
  | "customer.write"
  | "interaction.write"
  | "ticket.read"
  | "ticket.write"
  | "recording.read"
  | "recording.listen"
  | "directory.read"
  | "board.read"
  | "agent.state"
  | "call.control"
  | "work.handle"
  | "queue.simulate"
  | "queue.manage"
  | "agent.manage"
  | "customer.merge"
  | "customer.import"
  | "customer.export"
  | "customer.assign"
  | "crm.configure"
  | "ticket.assign"
  | "ticket.resolve"
  | "ticket.archive"
  | "ticket.merge"
  | "ticket.export"
  | "ticket.configure"
  | "user.manage"
  | "role.manage"
  | "team.manage"
  | "audit.read"
  | "recording.control"
  | "recording.download"
  | "recording.share"
  | "recording.delete"
  | "recording.configure"
  | "person.erase"
  | "quality.read"
  | "quality.score"
  | "quality.configure"
  | "call.listen"
  | "call.whisper"
  | "call.barge"
  | "queue.steer"
  | "report.read"
  | "report.schedule"
  | "alarm.manage"
  | "webhook.manage";

const view = shallowRef<SessionView | null>(null);
/** The session ended by itself: the sign-in page says so. */
export const expired = shallowRef(false);

export const user = computed(() => view.value?.user ?? null);
export const agent = computed(() => view.value?.agent ?? null);
export const signedIn = computed(() => view.value !== null);

export function may(right: Right): boolean {
  return view.value?.user.rights.includes(right) ?? false;
}

function enter(entered: SessionView): void {
  view.value = entered;
  expired.value = false;
  claimDrafts(entered.user.id);
  setCsrf(entered.csrf);
  const language = languageOf(entered.user.language);
  if (language) void setLanguage(language).catch(() => undefined); // the language that is there stays
  setTheme(themeOf(entered.user.theme));
  connect(entered.gateway_url, { ended: leaveExpired, turnedAway: askWhetherSignedIn });
}

function leave(): void {
  view.value = null;
  setCsrf("");
  disconnect();
  forgetTabs();
}

function leaveExpired(): void {
  if (!signedIn.value) return;
  leave();
  expired.value = true;
}

/** A 401 ends the session by itself (whenSignedOut); anything else says nothing about it. */
function askWhetherSignedIn(): void {
  api.read().catch(() => undefined);
}

/** True when a session was there to take up again. Any failure but "nobody is signed in" is thrown. */
export async function restore(): Promise<boolean> {
  try {
    enter(await api.read());
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return false;
    throw error;
  }
}

/** `code`: of an authenticator app, where the service wants one. */
export async function signIn(username: string, password: string, code: string): Promise<void> {
  enter(await api.signIn(username, password, code));
}

export async function signOut(): Promise<void> {
  await api.signOut();
  leave();
  forgetDrafts();
}

/** The page changes at once; the account remembers it when the service can be reached. */
export async function chooseLanguage(language: Language): Promise<void> {
  await setLanguage(language);
  if (signedIn.value) await me.change({ language });
}

export async function chooseTheme(theme: Theme): Promise<void> {
  setTheme(theme);
  if (signedIn.value) await me.change({ theme });
}

whenSignedOut(leaveExpired);
