// Which customer a call belongs to: the one surely meant, or the one picked here and confirmed by the service.
import { computed, reactive, type ComputedRef } from "vue";

import { interactions } from "@/api/calls";

import type { Contact } from "./contact";

const chosen = reactive(new Map<string, number>());

/** A pick kept by the service, e.g. from before a reload, or made in another tab. */
export async function recall(interaction: string): Promise<void> {
  if (chosen.has(interaction)) return;
  const kept = await interactions.read(interaction).catch(() => null); // not written yet: nothing was picked
  if (kept?.customer) chosen.set(interaction, kept.customer.id);
}

export async function choose(interaction: string, customer: number): Promise<void> {
  const story = await interactions.choose(interaction, customer);
  chosen.set(interaction, story.customer?.id ?? customer); // a merged customer answers as its heir
}

/** The service already tied the two together, e.g. by creating the customer for this call. */
export function tied(interaction: string, customer: number): void {
  chosen.set(interaction, customer);
}

export function useCustomerOf(contact: () => Contact): ComputedRef<number | null> {
  return computed(() => {
    const { interaction, card } = contact();
    const sure = card?.match === "known" ? card.candidates[0]?.customer : undefined;
    return chosen.get(interaction) ?? sure ?? null;
  });
}
