// A queue as people call it, wherever it is named; by its name where nobody gave it a label.
import { computed } from "vue";

import { may } from "@/session";

import { queues } from "./house";

const labels = computed(() => new Map(queues.rows.value.map((one) => [one.name, one.label])));

export function useQueueName() {
  if (may("directory.read")) void queues.need();
  return (name: string): string => labels.value.get(name) || name;
}
