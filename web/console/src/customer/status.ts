// The states of a ticket's life as word, icon and tone.
import type { Word } from "@/agent/words";

const STATUS: Record<string, Word> = {
  new: { text: "status.new", icon: "ring", tone: "accent" },
  assigned: { text: "status.assigned", icon: "person", tone: "accent" },
  in_progress: { text: "status.inProgress", icon: "play", tone: "accent" },
  pending: { text: "status.pending", icon: "pause", tone: "warn" },
  resolved: { text: "status.resolved", icon: "check", tone: "good" },
  feedback: { text: "status.feedback", icon: "question", tone: "plain" },
  archived: { text: "status.archived", icon: "done", tone: "plain" },
};
const UNKNOWN: Word = { text: "status.other", icon: "dot", tone: "plain" };

export const statusOf = (status: string): Word => STATUS[status] ?? UNKNOWN;
