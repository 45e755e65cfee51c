// The states of a ticket's life as word, icon and tone.
import type { Word } from "@/agent/words";

interface Status extends Word {
  /** Somebody still owes the customer something. */
  open: boolean;
}

const STATUS: Record<string, Status> = {
  new: { text: "status.new", icon: "ring", tone: "accent", open: true },
  assigned: { text: "status.assigned", icon: "person", tone: "accent", open: true },
  in_progress: { text: "status.inProgress", icon: "play", tone: "accent", open: true },
  pending: { text: "status.pending", icon: "pause", tone: "warn", open: true },
  resolved: { text: "status.resolved", icon: "check", tone: "good", open: false },
  feedback: { text: "status.feedback", icon: "question", tone: "plain", open: false },
  archived: { text: "status.archived", icon: "done", tone: "plain", open: false },
};
const UNKNOWN: Status = { text: "status.other", icon: "dot", tone: "plain", open: true };

export const statusOf = (status: string): Status => STATUS[status] ?? UNKNOWN;
