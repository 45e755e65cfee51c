// The buttons of the call in hand: the browser's telephone does them itself, a desk telephone by way of the PBX.
import { computed, ref, watch, type ComputedRef } from "vue";

import { callControl } from "@/api/calls";
import type { Contact } from "@/agent/contact";
import { useAsk } from "@/ui/useAsk";

import { leg, phone, telephone } from "./phone";
import type { Leg } from "./state";
import { useStatus } from "./useAgent";

export type Button = "hold" | "hangup" | "complete" | "cancel" | "conference";
const CONFIRMED_WITHIN = 10_000; // ms

const BY_PBX: Record<Button, (id: string, on: boolean) => Promise<unknown>> = {
  hold: (id, on) => (on ? callControl.hold(id) : callControl.resume(id)),
  hangup: (id) => callControl.hangup(id),
  complete: (id) => callControl.completeTransfer(id),
  cancel: (id) => callControl.cancelTransfer(id),
  conference: (id) => callControl.conference(id),
};

export function useControls(contact: () => Contact | null) {
  const status = useStatus();
  const browser = computed(() => status.value?.phone?.kind === "browser");
  const line: ComputedRef<Leg | null> = computed(() => (browser.value ? leg.value : null));
  const asked = ref<Button | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const { run, error } = useAsk((button: Button, id: string, on: boolean) => BY_PBX[button](id, on));

  const held = computed(() => contact()?.state === "held");
  const talking = computed(() => contact()?.state === "talking" || held.value || line.value?.stage === "talking");
  /** Hold is a fact when the PBX has told it; until then it is asked. */
  const holdAsked = computed(() => asked.value === "hold" || (line.value?.asked ?? null) !== null);
  const ending = computed(() => asked.value === "hangup" || line.value?.stage === "ending");
  /** Without its signalling a telephone cannot be told anything. */
  const reachable = computed(() => !browser.value || telephone.value.registration === "registered");

  async function ask(button: Button, on = true): Promise<void> {
    const id = contact()?.interaction;
    if (!id || asked.value !== null) return;
    asked.value = button;
    await run(button, id, on);
    clearTimeout(timer);
    if (error.value !== null || button === "cancel" || button === "conference") asked.value = null;
    else timer = setTimeout(() => (asked.value = null), CONFIRMED_WITHIN);
  }
  watch(
    () => [contact()?.interaction, contact()?.state],
    () => (asked.value = null),
  );

  function hold(): void {
    if (!talking.value || holdAsked.value) return;
    if (line.value) phone.hold(line.value.id, !held.value && !line.value.held);
    else void ask("hold", !held.value);
  }
  function hangup(): void {
    if (line.value) phone.hangup(line.value.id);
    else void ask("hangup");
  }
  function mute(): void {
    if (line.value?.stage === "talking") phone.mute(line.value.id, !line.value.muted);
  }
  function answer(): void {
    if (line.value?.stage === "ringing") phone.answer(line.value.id);
  }
  return { browser, line, held, talking, holdAsked, ending, reachable, asked, error, ask, hold, hangup, mute, answer };
}

export type Controls = ReturnType<typeof useControls>;
