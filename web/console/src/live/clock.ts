// The server's time, and one second hand for every ticking duration on the page.
import { onScopeDispose, readonly, ref } from "vue";

let offset = 0; // seconds to add to this machine's clock, which may be wrong

const now = ref(Date.now() / 1000);
let watchers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

export function serverNow(): number {
  return Date.now() / 1000 + offset;
}

export function setServerNow(server: number): void {
  offset = server - Date.now() / 1000;
  now.value = server;
}

/** Now, in server seconds, moving once a second while somebody looks. */
export function useNow() {
  now.value = serverNow();
  if (watchers++ === 0) timer = setInterval(() => (now.value = serverNow()), 1000);
  onScopeDispose(() => {
    if (--watchers === 0) clearInterval(timer);
  });
  return readonly(now);
}
