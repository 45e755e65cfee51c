// What failed because the service could not be reached loads again by itself when it can be.
import { watch, type Ref } from "vue";

import { ApiError } from "@/api/client";
import { timesBack } from "@/live/back";

export function whenBack(error: Readonly<Ref<unknown>>, again: () => unknown): void {
  watch(timesBack, () => {
    if (error.value instanceof ApiError && error.value.status === 0) void again();
  });
}
