// How much is owed to callers, and which rows are other than before: the `work` stream.
import type { WorkRef, WorkState } from "@/live/frames";
import type { StreamSpec } from "@/live/reducers";

/** `changed` are the rows of the last frame, `round` grows with each; 0: everything may be other. */
export interface Work extends WorkState {
  changed: readonly WorkRef[];
  round: number;
}

export const workStream: StreamSpec<Work> = {
  stream: "work",
  snapshot: ({ work }) => (work ? { ...work, changed: [], round: 0 } : null),
  reducers: {
    workupdated: (work, { missed, claimed, oldest, callbacks, offers, changed }) => ({
      ...work,
      missed,
      claimed,
      oldest,
      callbacks,
      offers,
      changed,
      round: work.round + 1,
    }),
    linkchanged: (work, { link }) => ({ ...work, link }),
  },
};
