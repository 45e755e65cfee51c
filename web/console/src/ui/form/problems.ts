// The service's refusals in the reader's language: it names the field by code and says why in English; pure.
import type { Warning } from "@/api/setup";
import type { Key } from "@/i18n";

export interface Said {
  key: Key;
  values: Record<string, string>;
}

/** The groups of a pattern fill the placeholders of its text. */
const PATTERNS: readonly (readonly [RegExp, Key])[] = [
  [/^(?:there is )?no such \w+/, "problem.gone"],
  [/^the period must end after it begins$/, "report.endsBefore"],
  [/^at most two years by the hour$/, "report.tooLongByHour"],
  [/^at most twenty years$/, "report.tooLong"],
  [/^more than (?<limit>\d+) figures; take longer steps$/, "report.tooManyFigures"],
  [/^there is no placeholder '(?<name>.+?)'; there are/, "problem.noGap"],
  [/^there is no (?:active )?\w+ '?(?<name>.+?)'?$/, "problem.noSuch"],
  [/^there is an? .+ of this name already$/, "problem.nameTaken"],
  [/^there is an? .+? '?(?<name>[^']+?)'? already$/, "problem.taken"],
  [/^(?<name>\S+) has an entry point already$/, "problem.taken"],
  [/^'(?<name>.+)' is used by (?<users>.+)$/, "problem.used"],
  [/would go on to itself$/, "problem.toItself"],
  [/^to say the same menu again/, "problem.writeRepeat"],
  [/^calls would go round in a circle: (?<path>.+)$/, "problem.circle"],
  [/^the same key as/, "problem.sameKey"],
  [/ is there twice$/, "problem.twice"],
  [/ is no telephone number$/, "problem.noNumber"],
  [/^say which /, "problem.sayWhich"],
  [/^can never match: (?<why>.+)$/, "problem.neverMatches"],
  [/ends before it begins/, "problem.endsBefore"],
  [/ overlap$/, "problem.overlap"],
  [/is no time zone/, "problem.noZone"],
  [/^no holidays are known/, "problem.noHolidays"],
  [/has no region/, "problem.noRegion"],
  [/^only goes with the holidays/, "problem.onlyWithHolidays"],
  [/is given by the service itself$/, "problem.ofService"],
  [/are not distributed here$/, "problem.notHere"],
  [/^somebody else changed /, "error.conflict"],
  [/^must not be empty$/, "problem.missing"],
  [/^at most (?<limit>\d+) characters$/, "problem.tooLong"],
  [/^must have at least (?<limit>\d+) characters$/, "problem.tooShort"],
  [/^at most (?<limit>\d+) levels$/, "problem.tooDeep"],
  [/^at most (?<limit>\d+) of them$/, "problem.tooManyOfThem"],
  [/^(?:at most|1 to) (?<limit>\d+) (?:\w+)$/, "problem.tooMany"],
  [/control characters$/, "problem.noControl"],
  [/^not a telephone number$/, "problem.noNumber"],
  [/^(?:not an|is no) e-mail address/, "problem.noEmail"],
  [/^1 to 20 digits/, "problem.digits"],
  [/^4 to 32 letters and digits$/, "problem.taxNumber"],
  [/^(?:given twice|each level once)$/, "problem.twice"],
  [/^another customer has this/, "problem.otherCustomer"],
  [/^a year between/, "problem.year"],
  [/^say at least a street/, "problem.street"],
  [/^not a (?:value|level) of the dictionary$|one of the choices$/, "problem.notChoice"],
  [/^must be a number/, "problem.number"],
  [/^must be a date/, "problem.date"],
  [/, perhaps retired$/, "problem.takenRetired"],
  [/^this user name is taken$/, "problem.userTaken"],
  [/^nobody would be left with the right (?<right>.+)$/, "problem.lastOne"],
  [/^teams would go in a circle: (?<path>.+)$/, "problem.teamCircle"],
  [/^there are teams below it: (?<names>.+)$/, "problem.teamsBelow"],
  [/^(?<n>\d+) people have this role$/, "problem.roleUsed"],
  [/^nobody gives what they do not have: (?<names>.+)$/, "problem.notYours"],
  [/^must not be (?:the user name|one piece repeated)$|most common passwords$/, "problem.weakPassword"],
  [/^this is not the present password$/, "problem.wrongPassword"],
  [/^this is not the code/, "error.wrongCode"],
  [/^two customers have the same value/, "problem.notUniqueNow"],
  [/^small letters, digits and _|^2 to 64 letters/, "problem.form"],
  [/^promise something$/, "problem.promise"],
  [/^this is not promised$/, "problem.notPromisedHere"],
  [/^say what (?:is to happen|it does)$/, "problem.whatHappens"],
  [/^say who gets them$/, "problem.whoGets"],
  [/^a category cannot stand below itself$/, "problem.belowItself"],
  [/^a placeholder is /, "problem.braces"],
  [/^say in which team$/, "problem.sayTeam"],
  [/^this is not your team$/, "problem.notYourTeam"],
  [/^sharing with everybody needs/, "problem.shareRight"],
  [/^only one step of a ticket's life$/, "problem.oneLifeStep"],
  [/ has no choices$/, "problem.noChoicesHere"],
  [/^Expected `str` matching regex/, "problem.form"],
  [/^Expected `\w+` of length >= /, "problem.missing"],
  [/^Expected `\w+` of length <= (?<limit>\d+)/, "problem.tooLong"],
  [/^Expected `\w+` >=? (?<limit>[\d.]+)/, "problem.tooSmall"],
  [/^Expected `\w+` <=? (?<limit>[\d.]+)/, "problem.tooLarge"],
];

export function problemOf(message: string): Said {
  for (const [pattern, key] of PATTERNS) {
    const match = pattern.exec(message);
    if (match) return { key, values: { ...match.groups } };
  }
  return { key: "problem.other", values: { message } };
}

const CAUTIONS: Record<string, Key> = {
  queue_without_agents: "caution.queueWithoutAgents",
  skill_nobody_has: "caution.skillNobodyHas",
  prompt_not_uploaded: "caution.promptNotUploaded",
  agent_without_phone: "caution.agentWithoutPhone",
  never_open: "caution.neverOpen",
};
const NOTHING = { queue: "–", skill: "–", level: "–", prompt: "–", agent: "–" };

/** A warning nobody wrote words for is said as the service says it. */
export function cautionOf({ code, facts, message }: Pick<Warning, "code" | "facts" | "message">): Said {
  const key = Object.hasOwn(CAUTIONS, code) ? CAUTIONS[code] : undefined;
  return key ? { key, values: { ...NOTHING, ...facts } } : { key: "problem.other", values: { message } };
}
