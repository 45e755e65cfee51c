// Everything the forms choose from, read for the page and again after each change.
import { inject, provide, shallowRef, type InjectionKey, type ShallowRef } from "vue";

import {
  agentsSetup, calendarsSetup, dispositionsSetup, menusSetup, promptsSetup, queuesSetup, skillsSetup,
  type AgentRow, type CalendarRow, type MenuRow, type PromptRow, type QueueRow, type SkillRow, type WordRow,
} from "@/api/setup";

type Rows<T> = ShallowRef<readonly T[]>;
export interface World {
  queues: Rows<QueueRow>;
  skills: Rows<SkillRow>;
  calendars: Rows<CalendarRow>;
  menus: Rows<MenuRow>;
  prompts: Rows<PromptRow>;
  dispositions: Rows<WordRow>;
  agents: Rows<AgentRow>;
  reload: () => Promise<void>;
}

const KEY: InjectionKey<World> = Symbol("world");

/** What cannot be read keeps what was read before: a choice less, never a form less. */
async function into<T>(rows: Rows<T>, read: () => Promise<T[]>): Promise<void> {
  rows.value = await read().catch(() => rows.value);
}

export function provideWorld(): World {
  const world: World = {
    queues: shallowRef([]),
    skills: shallowRef([]),
    calendars: shallowRef([]),
    menus: shallowRef([]),
    prompts: shallowRef([]),
    dispositions: shallowRef([]),
    agents: shallowRef([]),
    reload: async () => {
      await Promise.all([
        into(world.queues, queuesSetup.list),
        into(world.skills, skillsSetup.list),
        into(world.calendars, calendarsSetup.list),
        into(world.menus, menusSetup.list),
        into(world.prompts, promptsSetup.list),
        into(world.dispositions, dispositionsSetup.list),
        into(world.agents, agentsSetup.list),
      ]);
    },
  };
  provide(KEY, world);
  void world.reload();
  return world;
}

export function useWorld(): World {
  const world = inject(KEY);
  if (!world) throw new Error("only within the routing pages");
  return world;
}

export const titled = ({ name, label }: { name: string; label: string }): string => (label && label !== name ? `${label} (${name})` : name);
