// The closed sets of the library as texts, icons and tones: one table each; and what an address asks.
import type { Word } from "@/agent/words";
import type { Key } from "@/i18n";
import type { IconName } from "@/ui/icons";

export const FILTERS = [
  ...["q", "agent", "queue", "customer", "direction", "disposition", "satisfaction", "ticket", "number", "notes"],
  ...["from", "to", "shortest", "longest", "score_from", "score_to", "status", "unmatched"],
] as const;
export const MORE_FILTERS = ["number", "notes", "ticket", "disposition", "satisfaction", "shortest", "longest", "score_from", "score_to", "status", "unmatched", "customer"];

export const DIRECTIONS: Record<string, { text: Key; icon: IconName }> = {
  inbound: { text: "lib.inbound", icon: "phoneIn" },
  outbound: { text: "lib.outbound", icon: "phoneOut" },
  internal: { text: "lib.internal", icon: "people" },
};

export const STATUSES: Record<string, Word> = {
  ready: { text: "lib.ready", icon: "check", tone: "good" },
  silent: { text: "lib.silent", icon: "mute", tone: "plain" },
  missing: { text: "lib.missing", icon: "warning", tone: "bad" },
  pending: { text: "lib.pending", icon: "clock", tone: "plain" },
  deleted: { text: "lib.deleted", icon: "close", tone: "plain" },
};

/** What people call a file of that codec; any other by its own name. */
export const CODECS: Record<string, string> = { pcm_s16le: "WAV", pcm_mulaw: "WAV µ-law", pcm_alaw: "WAV A-law", adpcm_ms: "WAV ADPCM", gsm_ms: "WAV49", opus: "Opus", mp3: "MP3" };

export type MarkKind = "pause" | "hold" | "transfer" | "gap";
export const MARKS: Record<MarkKind, { text: Key; icon: IconName }> = {
  pause: { text: "lib.markPause", icon: "shield" },
  hold: { text: "lib.markHold", icon: "pause" },
  transfer: { text: "lib.markTransfer", icon: "transfer" },
  gap: { text: "lib.markGap", icon: "clock" },
};

/** Minutes and seconds as people type them ("2:05", "90", "1:00:00") in seconds; null: not a length. Pure. */
export function secondsOf(typed: string): number | null {
  const parts = typed.trim().split(":");
  if (parts.length > 3 || !parts.every((part) => /^\d{1,5}$/.test(part))) return null;
  return parts.reduce((sum, part) => sum * 60 + Number(part), 0);
}
