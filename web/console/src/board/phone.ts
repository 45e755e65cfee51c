// What an agent is, or what the phone does of one who is not signed in to us, as word, icon and tone.
import type { Word } from "@/agent/words";
import type { PhoneState } from "@/live/frames";
import { AGENT } from "@/phone/words";

export const PHONE: Record<PhoneState, Word> = {
  ...AGENT,
  ready: { text: "phone.ready", icon: "check", tone: "good" },
  ringing: { text: "phone.ringing", icon: "ringing", tone: "accent" },
  busy: { text: "phone.busy", icon: "phone", tone: "accent" },
  paused: { text: "phone.paused", icon: "pause", tone: "warn" },
  offline: { text: "phone.offline", icon: "ring", tone: "plain" },
};
