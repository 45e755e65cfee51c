// What is to be otherwise: a copy of how it is that people change, and the difference that is sent.
import type { NewSimulation, SimulationBase } from "@/api/types";

export interface AgentPlan {
  name: string;
  count: number;
  queues: string[];
}

/** So many times as many calls, and as long ones, as on the day. */
export interface QueuePlan {
  name: string;
  calls: number;
  handling: number;
}

export interface Plan {
  agents: AgentPlan[];
  queues: QueuePlan[];
}

export function planOf(base: SimulationBase): Plan {
  return {
    agents: base.agents.map(({ name, count, queues }) => ({ name, count, queues: [...queues] })),
    queues: base.queues.map(({ name }) => ({ name, calls: 1, handling: 1 })),
  };
}

const same = (a: string[], b: string[]) => a.length === b.length && [...a].sort().join("\0") === [...b].sort().join("\0");

type AgentWish = NonNullable<NewSimulation["agents"]>[number];

function agentWish(before: SimulationBase["agents"][number], now: AgentPlan): AgentWish | null {
  const wish: AgentWish = { name: now.name };
  if (now.count !== before.count) wish.count = now.count;
  if (!same(now.queues, before.queues)) wish.queues = [...now.queues].sort();
  return Object.keys(wish).length > 1 ? wish : null;
}

/** Only what differs from how it is. */
export function wishOf(base: SimulationBase, plan: Plan): NewSimulation {
  const before = new Map(base.agents.map((one) => [one.name, one]));
  const agents = plan.agents.flatMap((one) => {
    const was = before.get(one.name);
    const wish = was ? agentWish(was, one) : null;
    return wish ? [wish] : [];
  });
  const queues = plan.queues.filter((one) => one.calls !== 1 || one.handling !== 1).map((one) => ({ ...one }));
  return { day: base.day, agents, queues };
}

export function changes(wish: NewSimulation): number {
  return (wish.agents?.length ?? 0) + (wish.queues?.length ?? 0);
}
