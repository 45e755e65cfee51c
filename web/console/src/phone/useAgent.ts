// My own state, and what I asked for that the service has not confirmed yet.
import { computed, ref, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";

import { useMe } from "@/agent/useMe";
import { agentApi } from "@/api/calls";
import type { AgentStatus } from "@/live/frames";
import { may } from "@/session";
import { useAsk } from "@/ui/useAsk";

export type Wish = keyof typeof WISHES;

const WISHES = {
  signIn: (phone: string) => agentApi.signIn(phone),
  signOut: () => agentApi.signOut(),
  ready: () => agentApi.ready(),
  notReady: (reason: string) => agentApi.notReady(reason),
  finish: () => agentApi.finishWrapUp(),
  extend: (seconds: string) => agentApi.extendWrapUp(Number(seconds)),
} as const;

/** Longer than any confirmation takes; then we do not know, and say nothing rather than "asked" for ever. */
const CONFIRMED_WITHIN = 10_000; // ms

export interface OwnAgent {
  /** Whether the service has told anything yet; a status of null then means not signed in. */
  known: ComputedRef<boolean>;
  status: ComputedRef<AgentStatus | null>;
  signedIn: ComputedRef<boolean>;
  asked: Ref<Wish | null>;
  error: ShallowRef<unknown>;
  ask: (wish: Wish, argument?: string) => Promise<boolean>;
}

export function useStatus(): ComputedRef<AgentStatus | null> {
  const { data } = useMe();
  return computed(() => data.value?.agent ?? null);
}

/** Whether calls can be made and controlled here: signed in, and with the right to it. */
export function useMayCall(): ComputedRef<boolean> {
  const status = useStatus();
  return computed(() => may("call.control") && status.value !== null && status.value.state !== "offline");
}

export function useAgent(): OwnAgent {
  const status = useStatus();
  const { data } = useMe();
  const asked = ref<Wish | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const { run, error } = useAsk((wish: Wish, argument: string) => WISHES[wish](argument));

  async function ask(wish: Wish, argument = ""): Promise<boolean> {
    if (asked.value !== null) return false;
    const before = status.value;
    asked.value = wish;
    await run(wish, argument);
    clearTimeout(timer);
    // The frame may have come before the answer.
    if (error.value !== null || status.value !== before) asked.value = null;
    else timer = setTimeout(() => (asked.value = null), CONFIRMED_WITHIN);
    return error.value === null;
  }
  watch(status, () => (asked.value = null));
  return { known: computed(() => data.value !== null), status, signedIn: computed(() => status.value !== null && status.value.state !== "offline"), asked, error, ask };
}
