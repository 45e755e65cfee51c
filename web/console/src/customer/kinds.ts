// Kinds of activity as icon and word; one that is not known here is still shown, by its own name.
import type { Key } from "@/i18n";
import type { IconName } from "@/ui/icons";

interface Kind {
  icon: IconName;
  text: Key | null;
}

const CALLS: Record<string, Kind> = {
  inbound: { icon: "phoneIn", text: "kind.callIn" },
  outbound: { icon: "phoneOut", text: "kind.callOut" },
  internal: { icon: "phone", text: "kind.call" },
};
const KINDS: Record<string, Kind> = {
  call: { icon: "phone", text: "kind.call" },
  note: { icon: "note", text: "kind.note" },
  ticket: { icon: "ticket", text: "kind.ticket" },
};
const RESULTS: Record<string, Key> = {
  answered: "result.answered",
  completed: "result.answered",
  abandoned: "result.missed",
  missed: "result.missed",
  no_answer: "end.noAnswer",
  timed_out: "end.noAnswer",
  busy: "end.busy",
  rejected: "end.rejected",
  cancelled: "end.cancelled",
  failed: "end.failed",
  lost: "end.lost",
};
const UNANSWERED = new Set(["abandoned", "missed", "no_answer", "timed_out", "cancelled"]);

interface Happened {
  kind: string;
  direction?: string | null;
  result?: string | null;
}

export function kindOf(activity: Happened): Kind {
  if (activity.kind !== "call") return KINDS[activity.kind] ?? { icon: "dot", text: null };
  const kind = CALLS[activity.direction ?? ""] ?? { icon: "phone", text: "kind.call" };
  return isUnanswered(activity.result) ? { ...kind, icon: "phoneMissed" } : kind;
}

export const resultText = (result: string | null): Key | null => (result === null ? null : (RESULTS[result] ?? null));
export const isUnanswered = (result: string | null | undefined) => UNANSWERED.has(result ?? "");
