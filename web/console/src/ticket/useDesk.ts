// One ticket on its page: what it is now, what changes by push, and what is done with it.
import { onScopeDispose, provide, inject, ref, shallowRef, watch, type InjectionKey, type Ref, type ShallowRef } from "vue";

import { noteSaved } from "@/agent/revisions";
import { ticket as api, type TicketFull } from "@/api/tickets";
import { look, useConnection } from "@/live/live";
import { useLoad, type Load } from "@/ui/useLoad";

import { useTicketNews } from "./useTicketNews";

const STILL_HERE = 15_000; // ms; the service forgets after 20 s

export interface Desk extends Load<TicketFull> {
  /** Grows whenever something about this ticket is other than before. */
  news: Ref<number>;
  /** What was done last, said to people who listen. */
  said: ShallowRef<string>;
  /** What the service answered: the ticket as it is now. */
  take: (now: TicketFull) => void;
  writing: Ref<boolean>;
}
const KEY: InjectionKey<Desk> = Symbol("ticket");

export function provideDesk(id: () => number): Desk {
  const load = useLoad<number, TicketFull>(id, api.read);
  const news = ref(0);
  const said = shallowRef("");
  const writing = ref(false);
  const connection = useConnection();

  function take(now: TicketFull): void {
    if (now.id === id()) load.data.value = now;
    else void load.reload();
    news.value++;
    noteSaved();
  }
  useTicketNews((ids) => {
    if (ids !== null && !ids.has(id())) return;
    news.value++;
    void load.reload();
  });

  const here = () => void (connection.phase === "open" && look(id(), writing.value));
  watch([id, writing, () => connection.phase], here, { immediate: true });
  const timer = setInterval(here, STILL_HERE);
  onScopeDispose(() => {
    clearInterval(timer);
    look(null);
  });
  const desk = { ...load, news, said, take, writing };
  provide(KEY, desk);
  return desk;
}

export function useDesk(): Desk {
  const desk = inject(KEY);
  if (!desk) throw new Error("outside the page of a ticket");
  return desk;
}
