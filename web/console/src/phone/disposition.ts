// How contacts came out, as far as it was said here, and whether a queue still waits for it.
import { reactive } from "vue";

import { interactions } from "@/api/calls";

import { queues } from "./house";

const said = reactive(new Map<string, string>());

export const dispositionOf = (interaction: string): string | null => said.get(interaction) ?? null;

export async function dispose(interaction: string, disposition: string): Promise<void> {
  await interactions.dispose(interaction, { disposition });
  said.set(interaction, disposition);
}

/** What I said before, e.g. before a reload. */
export async function recallDisposition(interaction: string, agent: number | null): Promise<void> {
  if (said.has(interaction)) return;
  const kept = await interactions.dispositions(interaction).catch(() => null); // not written yet: nothing was said
  const mine = kept?.items.find((one) => one.agent === agent);
  if (mine && !said.has(interaction)) said.set(interaction, mine.disposition);
}

export function isOwed(interaction: string | null, queue: string | null): boolean {
  if (interaction === null || queue === null || said.has(interaction)) return false;
  return queues.rows.value.find((one) => one.name === queue)?.disposition_required ?? false;
}
