// The steps of a call's way to an agent, as texts: the service's codes, one table each.
import type { Decision } from "@/api/types";
import type { Key } from "@/i18n";
import type { IconName } from "@/ui/icons";

export const STEPS: Record<string, Key> = {
  block_list: "step.blockList",
  calendar: "step.calendar",
  direct_agent: "step.directAgent",
  customer_level: "step.customerLevel",
  language: "step.language",
  account_number: "step.accountNumber",
  ticket_owner: "step.ticketOwner",
  account_manager: "step.accountManager",
  last_agent: "step.lastAgent",
  announcement: "step.announcement",
  menu: "step.menu",
  step: "step.next",
  queue: "step.queue",
  number: "step.number",
  callback: "step.callback",
  offer: "step.offer",
  supervisor: "step.supervisor",
};

export const REASONS: Record<string, Key> = {
  withheld: "why.withheld",
  not_listed: "why.notListed",
  listed: "why.listed",
  no_calendar: "why.noCalendar",
  open: "why.open",
  closed: "why.closed",
  holiday: "why.holiday",
  special_day: "why.specialDay",
  outside_hours: "why.outsideHours",
  nobodys_number: "why.nobodysNumber",
  no_customer: "why.noCustomer",
  no_level: "why.noLevel",
  other_level: "why.otherLevel",
  level: "why.level",
  no_language: "why.noLanguage",
  other_language: "why.otherLanguage",
  skill: "why.skill",
  skill_preferred: "why.skillPreferred",
  account_number: "why.accountNumber",
  proven: "why.proven",
  nothing_typed: "why.nothingTyped",
  unknown_account: "why.unknownAccount",
  no_open_ticket: "why.noOpenTicket",
  ticket_without_agent: "why.ticketWithoutAgent",
  no_account_manager: "why.noAccountManager",
  no_last_agent: "why.noLastAgent",
  too_long_ago: "why.tooLongAgo",
  already_wished: "why.alreadyWished",
  not_signed_in: "why.notSignedIn",
  wished: "why.wished",
  announced: "why.announced",
  no_key: "why.noKey",
  key: "why.key",
  full: "why.full",
  queue: "why.toQueue",
  number: "why.toNumber",
  voicemail: "why.voicemail",
  message: "why.message",
  callback: "why.callback",
  hangup: "why.hangup",
  dialled: "why.dialled",
  answered: "why.answered",
  abandoned: "why.abandoned",
  timed_out: "why.timedOut",
  empty: "why.empty",
  key_exit: "why.keyExit",
  overflow: "why.overflow",
  withdrawn: "why.withdrawn",
  rejected: "why.rejected",
  busy: "why.busy",
  caller_gone: "why.callerGone",
  failed: "why.failed",
  most_urgent: "why.mostUrgent",
  longest_idle: "why.longestIdle",
  least_recent: "why.leastRecent",
  fewest_calls: "why.fewestCalls",
  best_skill: "why.bestSkill",
  round_robin: "why.roundRobin",
  ordered: "why.ordered",
  supervisor: "why.supervisor",
  moved: "why.moved",
  given: "why.given",
  reserved: "why.reserved",
  prioritised: "why.prioritised",
};

/** `timed_out` of an offer is a telephone nobody picked up, of a queue a wait that was too long. */
const OF_OFFER: Record<string, Key> = { timed_out: "why.noAnswer", wished: "why.wishedFree" };

export function reasonKey({ step, reason }: Pick<Decision, "step" | "reason">): Key | null {
  return (step === "offer" ? OF_OFFER[reason] : undefined) ?? REASONS[reason] ?? null;
}

const ICONS: Record<string, IconName> = { passed: "chevron", matched: "check", chosen: "check", refused: "close", failed: "warning", closed: "clock", full: "people", asked: "question" };
export const outcomeIcon = (outcome: string): IconName => ICONS[outcome] ?? "dot";

/** The same in words, for people who do not see the icon. */
export const OUTCOMES: Record<string, Key> = { passed: "outcome.passed", matched: "outcome.matched", refused: "outcome.refused", asked: "outcome.asked", chosen: "outcome.chosen", failed: "outcome.failed", closed: "outcome.closed", full: "outcome.full" };

/** Every placeholder of the texts has a value, whatever the service leaves out. */
const NOTHING = { agent: "–", queue: "–", level: "–", language: "–", skill: "–", account: "–", ticket: "–", days: "–", wait: "–", name: "", key: "–", number: "–", priority: "–", target: "–", by: "–" };

/** `facts` with the agents' names in the place of their numbers. */
export function named(facts: Record<string, string>, nameOf: (agent: number) => string | null): Record<string, string> {
  const agent = facts.agent === undefined ? undefined : (nameOf(Number(facts.agent)) ?? `#${facts.agent}`);
  return { ...NOTHING, ...facts, ...(agent === undefined ? {} : { agent }) };
}
