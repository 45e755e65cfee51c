// Rows of one height, of which only those on the screen are there: a thousand agents cost what forty do.
import { computed, onBeforeUnmount, onMounted, ref, type ComputedRef, type Ref, type ShallowRef } from "vue";

import { inView } from "./strip";

const FEW = 80; // so many are simply all there

type Body = Readonly<Ref<HTMLElement | null> | ShallowRef<HTMLElement | null>>;

export function useWindow(body: Body, count: ComputedRef<number>) {
  const top = ref(0);
  const height = ref(900);
  const rowHeight = ref(36);
  let frame = 0;
  let measured: ResizeObserver | undefined;

  function look(): void {
    frame = 0;
    const element = body.value;
    if (!element) return;
    const row = element.querySelector<HTMLElement>("[data-row]");
    const tall = row?.getBoundingClientRect().height ?? 0;
    if (tall > 8 && Math.abs(tall - rowHeight.value) > 0.5) rowHeight.value = tall;
    top.value = -element.getBoundingClientRect().top;
    height.value = window.innerHeight;
  }
  const later = () => (frame ||= requestAnimationFrame(look));

  onMounted(() => {
    document.addEventListener("scroll", later, { capture: true, passive: true });
    measured = new ResizeObserver(later);
    if (body.value) measured.observe(body.value);
    look();
  });
  onBeforeUnmount(() => {
    document.removeEventListener("scroll", later, { capture: true });
    measured?.disconnect();
    cancelAnimationFrame(frame);
  });

  const range = computed(() => (count.value <= FEW ? { from: 0, to: count.value } : inView(top.value, height.value, rowHeight.value, count.value)));
  const before = computed(() => range.value.from * rowHeight.value);
  const behind = computed(() => (count.value - range.value.to) * rowHeight.value);
  return { range, before, behind };
}
