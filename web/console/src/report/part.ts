// Which part of the page is in front: figures, or what goes out by mail. The address says it.
import { computed } from "vue";
import { useRoute, useRouter } from "vue-router";

import { useText } from "@/i18n";
import { may } from "@/session";

type Part = "figures" | "mail";

export function usePart() {
  const { t } = useText();
  const route = useRoute();
  const router = useRouter();
  const part = computed<Part>({
    get: () => (may("report.schedule") && route.query.part === "mail" ? "mail" : "figures"),
    set: (now) => void router.replace({ query: now === "mail" ? { part: now } : {} }),
  });
  const parts = computed(() => [
    { value: "figures" as Part, text: t("report.part.figures") },
    { value: "mail" as Part, text: t("report.mail.title") },
  ]);
  return { part, parts };
}
