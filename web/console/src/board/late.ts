// What became of a waiting call that somebody else was faster with, from the values of the refusal: pure.
import { ApiError } from "@/api/client";
import type { Key } from "@/i18n";
import { errorKey } from "@/ui/errors";

export interface Told {
  key: Key;
  values: Record<string, string>;
}

const BECAME: Record<string, Key> = {
  moved: "board.lateMoved",
  given: "board.lateGiven",
  reserved: "board.lateGiven",
  ringing: "board.lateRinging",
  gone: "board.lateGone",
};
const OF_STEERING: Record<string, Key> = { queue_closed: "board.queueClosed", not_by_this_pbx: "board.notByThisPbx", static_member: "board.staticMember", not_free: "board.notFree", own_call: "board.ownCall", already_listening: "board.alreadyListening" };

export function told(error: unknown, nameOf: (agent: number) => string): Told {
  if (!(error instanceof ApiError)) return { key: errorKey(error), values: {} };
  const { became, by, queue, agent } = error.values;
  const key = error.code === "call_moved" && typeof became === "string" ? BECAME[became] : OF_STEERING[error.code];
  if (!key) return { key: errorKey(error), values: {} };
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return { key, values: { by: text(by), queue: text(queue), agent: typeof agent === "number" ? nameOf(agent) : "" } };
}
