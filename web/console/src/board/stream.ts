// Queues and agents as they are now: the `board` stream.
import type { AgentRow, BoardState, QuarterHour, QueueRow } from "@/live/frames";
import type { StreamSpec } from "@/live/reducers";

const queueKey = (row: QueueRow) => row.queue;
const agentKey = (row: AgentRow) => row.agent;
const quarterKey = (cell: QuarterHour) => `${cell.quarter} ${cell.queue}`;

/** A thousand rows of which half change four times a second: one pass over each, whatever their number. */
function merged<T>(rows: readonly T[], changed: readonly T[], gone: readonly unknown[], key: (row: T) => unknown): T[] {
  if (!changed.length && !gone.length) return rows as T[];
  const next = new Map(changed.map((row) => [key(row), row]));
  const left = new Set(gone);
  const kept: T[] = [];
  for (const row of rows) {
    const name = key(row);
    if (left.has(name)) continue;
    const now = next.get(name);
    if (now !== undefined) next.delete(name);
    kept.push(now ?? row);
  }
  for (const [name, row] of next) if (!left.has(name)) kept.push(row);
  return kept;
}

export const boardStream: StreamSpec<BoardState> = {
  stream: "board",
  snapshot: (frame) => frame.board ?? null,
  reducers: {
    boardchanged: (board, frame) => ({
      ...board,
      day_start: frame.day_start ?? board.day_start,
      queues: merged(board.queues, frame.queues, frame.gone_queues, queueKey),
      agents: merged(board.agents, frame.agents, frame.gone_agents, agentKey),
      strip: merged(frame.day_start === null || frame.day_start === undefined ? board.strip : [], frame.strip, [], quarterKey),
      thresholds: frame.thresholds ?? board.thresholds,
      alarms: frame.alarms ?? board.alarms,
    }),
    linkchanged: (board, { link }) => ({ ...board, link }),
  },
};
