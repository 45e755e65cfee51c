// The field's closed sets as texts, icons and tones: one table each.
import type { Key } from "@/i18n";
import type { Direction, Match } from "@/live/frames";
import type { IconName } from "@/ui/icons";
import type { Tone } from "@/ui/Mark.vue";

import type { Contact, ContactState } from "./contact";

export interface Word {
  text: Key;
  icon: IconName;
  tone: Tone;
}

export const MATCH: Record<Match, Word> = {
  known: { text: "match.known", icon: "check", tone: "good" },
  maybe: { text: "match.maybe", icon: "question", tone: "warn" },
  several: { text: "match.several", icon: "people", tone: "warn" },
  unknown: { text: "match.unknown", icon: "personPlus", tone: "accent" },
  withheld: { text: "match.withheld", icon: "hidden", tone: "plain" },
};

export const STATE: Record<ContactState, Word> = {
  ringing: { text: "call.ringing", icon: "ringing", tone: "accent" },
  dialling: { text: "call.dialling", icon: "phoneOut", tone: "accent" },
  talking: { text: "call.talking", icon: "phone", tone: "good" },
  held: { text: "call.held", icon: "pause", tone: "warn" },
  ended: { text: "call.ended", icon: "done", tone: "plain" },
};

export const DIRECTION: Record<Direction, { text: Key; icon: IconName }> = {
  inbound: { text: "direction.inbound", icon: "phoneIn" },
  outbound: { text: "direction.outbound", icon: "phoneOut" },
  internal: { text: "direction.internal", icon: "phone" },
};

const END: Record<string, Key> = {
  completed: "end.completed",
  no_answer: "end.noAnswer",
  busy: "end.busy",
  rejected: "end.rejected",
  cancelled: "end.cancelled",
  failed: "end.failed",
  lost: "end.lost",
  transferred: "end.transferred",
};

export const endText = (end: string | null): Key | null => (end === null ? null : (END[end] ?? null));

export function stateMark(contact: Pick<Contact, "state">): Word {
  return STATE[contact.state];
}
