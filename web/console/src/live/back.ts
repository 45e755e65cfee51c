// Counts how often the network, or the service behind it, came back: who waits for it watches this.
import { readonly, shallowRef } from "vue";

const times = shallowRef(0);
export const timesBack = readonly(times);

export function isBack(): void {
  times.value += 1;
}
