// The agent's states, and what is wrong with a telephone, as texts, icons and tones: one table each.
import type { Word } from "@/agent/words";
import type { Key } from "@/i18n";
import type { AgentState } from "@/live/frames";

import type { Trouble } from "./quality";
import type { Refusal, Registration } from "./state";

export const AGENT: Record<AgentState, Word> = {
  offline: { text: "agent.offline", icon: "ring", tone: "plain" },
  ready: { text: "agent.ready", icon: "check", tone: "good" },
  not_ready: { text: "agent.notReady", icon: "pause", tone: "warn" },
  offered: { text: "agent.offered", icon: "ringing", tone: "accent" },
  busy: { text: "agent.busy", icon: "phone", tone: "accent" },
  wrap_up: { text: "agent.wrapUp", icon: "note", tone: "warn" },
};

/** Reasons that are the service's own; all others are named by the house. */
export const OUR_REASONS: Record<string, Key> = {
  no_answer: "agent.noAnswer",
  disconnected: "agent.disconnected",
  signed_in: "agent.signedIn",
  no_phone: "agent.noPhone",
  supervisor: "agent.bySupervisor",
};

export const PENDING: Record<string, Key> = {
  not_ready: "agent.pendingNotReady",
  sign_out: "agent.pendingSignOut",
};

export const REGISTRATION: Record<Registration, { text: Key; tone: "" | "good" | "warn" | "bad" }> = {
  off: { text: "line.off", tone: "" },
  connecting: { text: "line.connecting", tone: "" },
  registered: { text: "line.registered", tone: "good" },
  lost: { text: "line.lost", tone: "warn" },
  refused: { text: "line.refused", tone: "bad" },
};

export const REFUSAL: Record<Refusal, Key> = {
  microphone: "line.microphone",
  insecure: "line.insecure",
  taken: "line.taken",
  credentials: "line.credentials",
  unsupported: "line.unsupported",
};

export const TROUBLE: Record<Trouble, Key> = {
  nothingHeard: "quality.nothingHeard",
  choppyHere: "quality.choppyHere",
  choppyThere: "quality.choppyThere",
  delayed: "quality.delayed",
};
