// How many tickets each saved view holds, and which tickets are other than before: the `tickets` stream.
import type { TicketRef, TicketsState } from "@/live/frames";
import type { StreamSpec } from "@/live/reducers";

/** `changed` are the tickets of the last frame, `round` grows with each; 0: everything may be other. */
export interface TicketNews extends TicketsState {
  changed: readonly TicketRef[];
  round: number;
}

export const ticketStream: StreamSpec<TicketNews> = {
  stream: "tickets",
  snapshot: ({ tickets }) => (tickets ? { ...tickets, changed: [], round: 0 } : null),
  reducers: {
    ticketsupdated: (news, { views, changed }) => ({ views, changed, round: news.round + 1 }),
  },
};

/** What somebody who saw `before` has to read again: these tickets, or null for everything. Pure. */
export function newsSince(before: TicketNews | null, now: TicketNews | null): readonly TicketRef[] | null {
  if (now === null || before === null || now === before) return [];
  return now.round === before.round + 1 ? now.changed : null;
}
