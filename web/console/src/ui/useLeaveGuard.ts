// Asked before somebody leaves a page with work that is not saved.
import { onBeforeRouteLeave, onBeforeRouteUpdate } from "vue-router";

import { useText } from "@/i18n";

import { confirm } from "./confirm";

export function useLeaveGuard(dirty: () => boolean): void {
  const { t } = useText();
  const ask = () => confirm({ title: t("form.leaveTitle"), text: t("form.leaveText"), yes: t("form.leave"), no: t("form.stay") });
  onBeforeRouteLeave((to) => (to.name === "sign-in" || !dirty() ? true : ask()));
  onBeforeRouteUpdate((to, from) => (to.path === from.path || !dirty() ? true : ask()));
}
