// Something was written down here: whoever shows it reads again.
import { readonly, ref } from "vue";

const count = ref(0);

export const revision = readonly(count);

export function noteSaved(): void {
  count.value++;
}
