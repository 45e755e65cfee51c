// The closed sets of the ticket settings as texts, and the names of their fields for whoever was slower.
import type { MailState, Target } from "@/api/ticketSettings";
import type { Key } from "@/i18n";
import type { IconName } from "@/ui/icons";
import type { Tone } from "@/ui/Mark.vue";

export const TARGETS: Record<Target, Key> = { respond: "ts.respond", update: "ts.update", resolve: "ts.resolve" };

export const MAIL_STATES: Record<MailState, { text: Key; icon: IconName; tone: Tone }> = {
  waiting: { text: "ts.mailWaiting", icon: "clock", tone: "plain" },
  sent: { text: "ts.mailSent", icon: "check", tone: "good" },
  dropped: { text: "ts.mailDropped", icon: "hidden", tone: "plain" },
  dead: { text: "ts.mailDead", icon: "alarm", tone: "bad" },
};
export const MAIL_KINDS: Record<string, Key> = { reply: "ts.mailReply", feedback: "ts.mailFeedback" };

export const FIELD_NAMES: Record<string, Key> = {
  name: "routing.name",
  title: "ts.title",
  parent: "ts.below",
  position: "word.position",
  active: "ts.inUse",
  solution_required: "ts.solutionRequired",
  fields: "ts.fields",
  category: "ts.category",
  level: "customer.level",
  priority: "ts.priority",
  calendar: "ts.calendar",
  respond: "ts.respond",
  update: "ts.update",
  resolve: "ts.resolve",
  steps: "ts.steps",
  team: "ts.team",
  owners: "ts.owners",
  body: "ts.body",
  shortcut: "ts.shortcut",
  sharing: "ts.sharing",
  key: "ts.key",
};
/** Seconds of each, as people promise them. */
export const HOUR = 3600;
export const MINUTE = 60;
export const DAY = 86_400;
