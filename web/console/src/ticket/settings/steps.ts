// The steps of macros: what each kind begins as, what it asks of whoever applies it, and which go together; pure.
import type { MacroStep } from "@/api/ticketSettings";
import type { Key } from "@/i18n";
import type { Right } from "@/session";

export type StepKind = MacroStep["do"];

export const STEP_KINDS: Record<StepKind, Key> = {
  assign: "ts.doAssign",
  team: "ts.doTeam",
  priority: "ts.doPriority",
  tags: "ts.doTags",
  start: "ts.doStart",
  pend: "ts.doPend",
  resolve: "ts.doResolve",
  reopen: "ts.doReopen",
  archive: "ts.doArchive",
  reply: "ts.doReply",
  note: "ts.doNote",
};

/** What a step needs beside the right to change tickets. */
export const NEEDS: Partial<Record<StepKind, Right>> = { assign: "ticket.assign", team: "ticket.assign", resolve: "ticket.resolve", archive: "ticket.archive" };

const LIFE: readonly StepKind[] = ["start", "pend", "resolve", "reopen", "archive"];

const BLANK: { [K in StepKind]: () => Extract<MacroStep, { do: K }> } = {
  assign: () => ({ do: "assign", to: "me" }),
  team: () => ({ do: "team", team: null }),
  priority: () => ({ do: "priority", priority: "high" }),
  tags: () => ({ do: "tags", add: [], remove: [] }),
  start: () => ({ do: "start" }),
  pend: () => ({ do: "pend", reason: "", days: null }),
  resolve: () => ({ do: "resolve", solution: null }),
  reopen: () => ({ do: "reopen" }),
  archive: () => ({ do: "archive" }),
  reply: () => ({ do: "reply", text: "" }),
  note: () => ({ do: "note", text: "" }),
};
export const blankStep = (kind: StepKind): MacroStep => BLANK[kind]();

/** What the step at `place` can be: a ticket takes one step of its life at a time. */
export function kindsAt(steps: readonly MacroStep[], place: number, may: (right: Right) => boolean): StepKind[] {
  const lives = steps.some((step, index) => index !== place && LIFE.includes(step.do));
  const now = steps[place]?.do;
  return (Object.keys(STEP_KINDS) as StepKind[]).filter((kind) => {
    const needed = NEEDS[kind];
    return kind === now || ((!lives || !LIFE.includes(kind)) && (needed === undefined || may(needed)));
  });
}
