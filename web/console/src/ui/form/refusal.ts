// A refusal of the service as a note at the field it names, in the reader's words.
import { ApiError } from "@/api/client";
import { useText } from "@/i18n";
import { errorKey } from "@/ui/errors";

import type { Note } from "./notes";
import { problemOf } from "./problems";

export function useRefusals() {
  const { t } = useText();
  return (error: unknown): Note => {
    const known = error instanceof ApiError && error.field !== null && error.message !== "";
    if (!known) return { field: "", text: t(errorKey(error)), bad: true };
    const { key, values } = problemOf(error.message);
    return { field: error.field ?? "", text: t(key, values), bad: true };
  };
}
