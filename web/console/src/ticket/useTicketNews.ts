// What changes in tickets, live, for any part of the page; told at most twice a second.
import { computed, onScopeDispose, watch } from "vue";

import type { TicketRef } from "@/live/frames";
import { useStream, type LiveStream } from "@/live/live";
import { may } from "@/session";

import { newsSince, ticketStream, type TicketNews } from "./stream";

const PAUSE = 500; // ms
/** Stands for tickets out of this person's reach: one of them may have been in a list until now. */
export const ELSEWHERE = -1;
const NOBODY: LiveStream<TicketNews> = { data: computed(() => null), stale: computed(() => null) };

export function useTicketStream(): LiveStream<TicketNews> {
  return may("ticket.read") ? useStream(ticketStream) : NOBODY;
}

const idOf = ({ ticket, what }: TicketRef): number => (what === "elsewhere" ? ELSEWHERE : ticket);

/** `told` hears the ids of what changed (0: the saved views did; ELSEWHERE); null: everything may be other. */
export function useTicketNews(told: (ids: ReadonlySet<number> | null) => void): void {
  const { data } = useTicketStream();
  let waiting: Set<number> | null = new Set();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function tell(): void {
    timer = undefined;
    const ids = waiting;
    waiting = new Set();
    told(ids);
  }
  watch(data, (now, before) => {
    const news = newsSince(before, now);
    if (news?.length === 0) return;
    waiting = news === null || waiting === null ? null : new Set([...waiting, ...news.map(idOf)]);
    timer ??= setTimeout(tell, PAUSE);
  }, { flush: "sync" });
  onScopeDispose(() => clearTimeout(timer));
}
