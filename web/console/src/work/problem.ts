// What went wrong with a row of work, with the name of whoever was faster.
import { ApiError } from "@/api/client";
import { useText } from "@/i18n";
import { errorKey } from "@/ui/errors";

import { CALLBACK_STATES } from "./words";

const isState = (state: unknown): state is keyof typeof CALLBACK_STATES => typeof state === "string" && Object.hasOwn(CALLBACK_STATES, state);

export function useProblem() {
  const { t } = useText();
  return (error: unknown): string => {
    if (error instanceof ApiError) {
      const { name, state } = error.values;
      if (error.code === "claimed") return t("missed.taken", { name: typeof name === "string" ? name : t("missed.somebody") });
      if (error.code === "already_done") return t("missed.alreadyDone");
      if (error.code === "callback_state" && isState(state)) {
        return t("callback.state", { state: t(CALLBACK_STATES[state].text, { name: t("missed.somebody") }) });
      }
    }
    return t(errorKey(error));
  };
}
