// The window's title: what rings first, then where one is, so that a tab in the background tells it too.
import { watchEffect } from "vue";
import { useRoute } from "vue-router";

import { useMe } from "@/agent/useMe";
import { useText, type Key } from "@/i18n";

const VIEWS: Record<string, Key> = {
  work: "nav.work",
  customers: "nav.customers",
  customer: "nav.customers",
  tickets: "nav.tickets",
  ticket: "nav.tickets",
  library: "nav.library",
  recording: "nav.library",
  shared: "lib.sharedTitle",
  "customer-new": "customer.new",
  duplicates: "dup.report",
  import: "import.title",
  quality: "nav.quality",
  "quality-score": "nav.quality",
  "quality-new": "qa.openTitle",
  admin: "nav.admin",
  account: "account.title",
  board: "nav.board",
};

export function useTitle(): void {
  const route = useRoute();
  const { t, count } = useText();
  const { data } = useMe();
  watchEffect(() => {
    const ringing = data.value?.pops.length ?? 0;
    const view = VIEWS[String(route.name)];
    const parts = [ringing > 0 && `☎ ${count("shell.ringing", ringing)}`, view && t(view), "Callcenter"];
    document.title = parts.filter(Boolean).join(" · ");
  });
}
