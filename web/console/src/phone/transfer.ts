// Whom the call in hand is being passed to: the wish, and the talk with them before it goes over.
import { ref } from "vue";

import { callControl } from "@/api/calls";
import type { TransferWish } from "@/api/types";

export interface Consulting {
  interaction: string;
  who: string;
}

/** Somebody was asked first and the caller waits for it. */
export const consulting = ref<Consulting | null>(null);

export async function transfer(interaction: string, wish: TransferWish, who: string): Promise<void> {
  await callControl.transfer(interaction, wish);
  if (wish.kind === "attended") consulting.value = { interaction, who };
}

export function consultingOver(interaction?: string): void {
  if (interaction === undefined || consulting.value?.interaction === interaction) consulting.value = null;
}

/** What people write between the digits of a number goes; what is not a number stays and is refused. */
export const plainNumber = (text: string): string => text.replace(/[\s().\-/]/g, "");
export const isNumber = (text: string): boolean => /^\+?\d{2,20}$/.test(plainNumber(text));
