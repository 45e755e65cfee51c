// Whether something has come into sight, or nearly so; once seen it stays seen.
import { onBeforeUnmount, onMounted, ref, type Ref, type ShallowRef } from "vue";

const NEARLY = "300px";

export function useSeen(element: Readonly<ShallowRef<HTMLElement | null>>): Ref<boolean> {
  const seen = ref(false);
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.value = true;
      observer.disconnect();
    },
    { rootMargin: NEARLY },
  );
  onMounted(() => element.value && observer.observe(element.value));
  onBeforeUnmount(() => observer.disconnect());
  return seen;
}
