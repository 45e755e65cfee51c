// Queues and agents as they are now: the `board` stream.
import type { AgentRow, BoardState, QueueRow } from "@/live/frames";
import { upsert, type StreamSpec } from "@/live/reducers";

const queueKey = (row: QueueRow) => row.queue;
const agentKey = (row: AgentRow) => row.agent;

function merged<T>(rows: readonly T[], changed: readonly T[], gone: readonly unknown[], key: (row: T) => unknown): T[] {
  const kept = rows.filter((row) => !gone.includes(key(row)));
  return changed.reduce((all, row) => upsert(all, row, key), kept);
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
    }),
    linkchanged: (board, { link }) => ({ ...board, link }),
  },
};
