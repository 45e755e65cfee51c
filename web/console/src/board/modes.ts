// The ways to hear a call of somebody else: who hears the supervisor, as word and icon.
import type { Mode } from "@/api/supervision";
import type { Key } from "@/i18n";
import type { Right } from "@/session";
import type { IconName } from "@/ui/icons";

interface ModeWord {
  right: Right;
  icon: IconName;
  text: Key;
  hint: Key;
  /** Who does it: "Ma listens". */
  by: Key;
}

export const MODES: Record<Mode, ModeWord> = {
  listen: { right: "call.listen", icon: "headset", text: "board.listen", hint: "board.listenHint", by: "board.listensBy" },
  whisper: { right: "call.whisper", icon: "microphone", text: "board.whisper", hint: "board.whisperHint", by: "board.whispersBy" },
  barge: { right: "call.barge", icon: "people", text: "board.barge", hint: "board.bargeHint", by: "board.bargesBy" },
};
export const MODE_NAMES = Object.keys(MODES) as Mode[];
