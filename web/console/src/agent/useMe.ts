// The agent's live state for any part of the page; empty for people without a phone.
import { computed } from "vue";

import { useStream, type LiveStream } from "@/live/live";
import { agent } from "@/session";

import { meStream, type Me } from "./stream";

const NOBODY: LiveStream<Me> = { data: computed(() => null), stale: computed(() => null) };

export function useMe(): LiveStream<Me> {
  return agent.value === null ? NOBODY : useStream(meStream);
}
