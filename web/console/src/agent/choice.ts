// Which customer a call belongs to: the one surely meant, or the one picked here and confirmed by the service.
import { computed, reactive, type ComputedRef } from "vue";

import { interactions } from "@/api/calls";

import type { Contact } from "./contact";

interface Chosen {
  id: number;
  name: string;
}

const chosen = reactive(new Map<string, Chosen>());

/** A pick kept by the service, e.g. from before a reload, or made in another tab. Of what only rings nothing is written yet. */
export async function recall({ interaction, state }: Pick<Contact, "interaction" | "state">): Promise<void> {
  if (state === "ringing" || chosen.has(interaction)) return;
  const kept = await interactions.read(interaction).catch(() => null); // the database is away: what was picked stays unknown
  if (kept?.customer) chosen.set(interaction, kept.customer);
}

/** The answer says whose call it is now; for a customer that was merged away that is another one. */
export async function choose(interaction: string, customer: number): Promise<void> {
  const { customer: confirmed } = await interactions.choose(interaction, customer);
  if (confirmed) chosen.set(interaction, confirmed);
}

/** The service already tied the two together, by creating the customer for this call. */
export function tied(interaction: string, customer: Chosen): void {
  chosen.set(interaction, customer);
}

export const chosenName = (interaction: string): string | null => chosen.get(interaction)?.name ?? null;

export function useCustomerOf(contact: () => Contact): ComputedRef<number | null> {
  return computed(() => {
    const { interaction, card } = contact();
    const sure = card?.match === "known" ? card.candidates[0]?.customer : undefined;
    return chosen.get(interaction)?.id ?? sure ?? null;
  });
}
