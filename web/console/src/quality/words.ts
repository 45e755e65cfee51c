// The words for what a score is and does, as keys of texts; pure.
import type { Direction, QuestionKind, ScoreState, ScoreStep } from "@/api/quality";
import type { Key } from "@/i18n";
import type { IconName } from "@/ui/icons";
import type { Tone } from "@/ui/Mark.vue";

export const STATES: Record<ScoreState, { text: Key; icon: IconName; tone: Tone }> = {
  assigned: { text: "qa.stateAssigned", icon: "ring", tone: "plain" },
  draft: { text: "qa.stateDraft", icon: "edit", tone: "warn" },
  submitted: { text: "qa.stateSubmitted", icon: "note", tone: "accent" },
  acknowledged: { text: "qa.stateAcknowledged", icon: "check", tone: "good" },
  disputed: { text: "qa.stateDisputed", icon: "question", tone: "warn" },
  decided: { text: "qa.stateDecided", icon: "done", tone: "good" },
  dropped: { text: "qa.stateDropped", icon: "close", tone: "plain" },
};

export const STEPS: Record<ScoreStep, Key> = {
  assign: "qa.stepAssign",
  save: "qa.stepSave",
  submit: "qa.stepSubmit",
  drop: "qa.stepDrop",
  acknowledge: "qa.stepAcknowledge",
  dispute: "qa.stepDispute",
  uphold: "qa.stepUphold",
  change: "qa.stepChange",
};

export const DIRECTIONS: Record<Direction, Key> = { inbound: "qa.inbound", outbound: "qa.outbound", internal: "qa.internal" };
export const KINDS: Record<QuestionKind, Key> = { yes_no: "qa.kindYesNo", scale: "qa.kindScale", choice: "qa.kindChoice" };
export const isDirection = (value: string | null): value is Direction => value !== null && Object.hasOwn(DIRECTIONS, value);
