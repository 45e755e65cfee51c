// What rings for this agent, what the agent talks about and what became of it: the `me` stream.
import type { AgentStatus, Call, MeState, Pop, ScoreRef } from "@/live/frames";
import { upsert, type StreamSpec } from "@/live/reducers";

/** `merged`: calls that turned out to be part of another, and of which; drafts follow them. */
export interface Me extends MeState {
  agent: AgentStatus | null;
  score: ScoreRef | null;
  merged: Readonly<Record<string, string>>;
}

const popKey = (pop: Pop) => pop.interaction;
const callKey = (call: Call) => call.interaction;

export const meStream: StreamSpec<Me> = {
  stream: "me",
  snapshot: ({ me }) => (me ? { ...me, agent: me.agent ?? null, score: me.score ?? null, merged: {} } : null),
  reducers: {
    popoffered: (me, { pop }) => ({ ...me, pops: upsert(me.pops, pop, popKey) }),
    popwithdrawn: (me, { interaction }) => ({
      ...me,
      pops: me.pops.filter((pop) => pop.interaction !== interaction),
    }),
    callchanged: (me, { call }) => ({ ...me, calls: upsert(me.calls, call, callKey) }),
    callclosed: (me, { interaction, into }) => ({
      ...me,
      calls: me.calls.filter((call) => call.interaction !== interaction),
      merged: into ? { ...me.merged, [interaction]: into } : me.merged,
    }),
    agentstatuschanged: (me, { agent }) => ({ ...me, agent }),
    scoretold: (me, { score }) => ({ ...me, score }),
    linkchanged: (me, { link }) => ({ ...me, link }),
  },
};
