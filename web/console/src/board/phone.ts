// What an agent's phone does, as word, icon and tone.
import type { Word } from "@/agent/words";
import type { PhoneState } from "@/live/frames";

export const PHONE: Record<PhoneState, Word> = {
  ready: { text: "phone.ready", icon: "check", tone: "good" },
  ringing: { text: "phone.ringing", icon: "ringing", tone: "accent" },
  busy: { text: "phone.busy", icon: "phone", tone: "accent" },
  paused: { text: "phone.paused", icon: "pause", tone: "warn" },
  offline: { text: "phone.offline", icon: "ring", tone: "plain" },
};
