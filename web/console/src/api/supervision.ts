// The calls about the board: waiting calls, who serves what today, listening in, thresholds and alarms.
import { get, patch, post, put, remove } from "./client";
import type { components } from "./schema";
import type { Full } from "./setup";

type Schemas = components["schemas"];

export type Steered = Schemas["Steered"];
export type QueueOfAgent = Schemas["QueueOfAgent"];
export type PbxQueueOfAgent = Schemas["PbxQueueOfAgent"];
export type Threshold = Full<Schemas["ThresholdView"]>;
export type ThresholdDraft = Full<Schemas["ThresholdBody"]>;
export type Mode = "listen" | "whisper" | "barge";
export type Command = "ready" | "not_ready" | "sign_out";

const waiting = (interaction: string) => `/waiting/${encodeURIComponent(interaction)}`;

export const steering = {
  toQueue: (interaction: string, seen_in: string, queue: string) => post<Steered>(`${waiting(interaction)}/move`, { seen_in, queue }),
  toAgent: (interaction: string, seen_in: string, agent: number) => post<Steered>(`${waiting(interaction)}/move`, { seen_in, agent }),
  pull: (interaction: string, seen_in: string) => post<Steered>(`${waiting(interaction)}/pull`, { seen_in }),
  prioritise: (interaction: string, seen_in: string, priority: number) => post<Steered>(`${waiting(interaction)}/priority`, { seen_in, priority }),
};

interface Items<T> {
  items: T[];
}
const today = (agent: number) => `/agents/${agent}/queues-today`;

export const supervision = {
  command: (agent: number, command: Command) => post<unknown>(`/agents/${agent}/state`, { command }),
  monitor: (agent: number, mode: Mode) => post<unknown>(`/agents/${agent}/${mode}`),
  stop: () => post<unknown>("/me/monitor/stop"),
  queues: async (agent: number) => (await get<Items<QueueOfAgent>>(today(agent))).items,
  setQueue: async (agent: number, queue: string, member: boolean) => (await put<Items<QueueOfAgent>>(`${today(agent)}/${encodeURIComponent(queue)}`, { member })).items,
  usualQueue: async (agent: number, queue: string) => {
    await remove(`${today(agent)}/${encodeURIComponent(queue)}`);
    return (await get<Items<QueueOfAgent>>(today(agent))).items;
  },
  pbxQueues: async (agent: number) => (await get<Items<PbxQueueOfAgent>>(`/agents/${agent}/pbx-queues`)).items,
  setPbxQueue: (agent: number, queue: string, wish: { member?: boolean; paused?: boolean }) => patch<PbxQueueOfAgent>(`/agents/${agent}/pbx-queues/${encodeURIComponent(queue)}`, wish),
  thresholds: async () => (await get<Items<Threshold>>("/thresholds")).items,
  setThreshold: async (draft: ThresholdDraft) => (await put<Items<Threshold>>("/thresholds", draft)).items,
  removeThreshold: async (queue: string, metric: string) => {
    await remove(`/thresholds?${new URLSearchParams({ queue, metric })}`);
    return (await get<Items<Threshold>>("/thresholds")).items;
  },
  acknowledge: (alarm: number) => post<unknown>(`/alarms/${alarm}/acknowledge`),
};
