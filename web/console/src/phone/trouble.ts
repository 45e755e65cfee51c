// The one thing an agent must know of the telephone now: pure, worst first.
import type { Key } from "@/i18n";
import type { AgentStatus } from "@/live/frames";

import { frontLeg, type Telephone } from "./state";
import { REFUSAL, TROUBLE } from "./words";

export interface Said {
  text: Key;
  bad: boolean;
  /** Connecting again, here, may help. */
  again: boolean;
}

const AWAY = new Set(["UNAVAILABLE", "INVALID"]);

type Look = (telephone: Telephone, status: AgentStatus | null) => Said | null;

const LOOKS: readonly Look[] = [
  ({ refusal }) => (refusal ? { text: REFUSAL[refusal], bad: true, again: true } : null),
  (telephone) => {
    const media = frontLeg(telephone)?.media ?? "flowing";
    return media === "flowing" ? null : { text: "line.soundLost", bad: true, again: false };
  },
  (telephone) => {
    if (telephone.registration !== "lost") return null;
    return { text: telephone.legs.length ? "line.lostInCall" : "line.lostText", bad: false, again: false };
  },
  (telephone) => {
    const trouble = frontLeg(telephone)?.health?.trouble;
    return trouble ? { text: TROUBLE[trouble], bad: false, again: false } : null;
  },
  (_, status) => {
    const away = status?.phone?.kind === "desk" && AWAY.has(status.phone.state) && status.state !== "offline";
    return away ? { text: "agent.deskAway", bad: false, again: false } : null;
  },
];

export function whatIsWrong(telephone: Telephone, status: AgentStatus | null): Said | null {
  for (const look of LOOKS) {
    const said = look(telephone, status);
    if (said) return said;
  }
  return null;
}
