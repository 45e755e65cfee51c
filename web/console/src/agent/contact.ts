// A contact as the page shows it: a pop that rings and a call that goes on are the same thing.
import type { Call, CallState, Candidate, Card, Pop } from "@/live/frames";

export type ContactState = CallState | "ringing";
export type Contact = Omit<Call, "state"> & { state: ContactState; entered_at: number | null };

export function contactOfPop(pop: Pop): Contact {
  const { interaction, direction, number, name, queue, dialled, card, entered_at, offered_at } = pop;
  return {
    interaction,
    direction,
    number,
    name,
    queue,
    dialled,
    card,
    entered_at,
    state: "ringing",
    since: offered_at,
    answered_at: null,
    ended_at: null,
    end: null,
    recordings: [],
    listeners: [],
  };
}

export function contactOfCall(call: Call): Contact {
  return { ...call, entered_at: null };
}

/** The one person it surely or probably is; null when there are none or several. */
export function onlyCandidate(card: Card | null): Candidate | null {
  return card?.match === "known" || card?.match === "maybe" ? (card.candidates[0] ?? null) : null;
}

export function shownNumber(contact: Pick<Contact, "number" | "card">): string | null {
  return contact.card?.e164 ?? contact.number;
}
