// What the ticket settings choose from: categories, levels, calendars, people, teams, skills; and the words for what was chosen.
import { agentsSetup, calendarsSetup, skillsSetup, type AgentRow, type CalendarRow, type SkillRow } from "@/api/setup";
import type { Escalation, MacroStep, OwnField, Priority } from "@/api/ticketSettings";
import { people, teams, useLabels, wordsOf } from "@/crm/house";
import { useFormat, useText, type Key } from "@/i18n";
import { categories, categoryName } from "@/ticket/house";
import { PRIORITIES, PRIORITY, SHARING } from "@/ticket/words";
import { kept } from "@/ui/kept";

import { STEP_KINDS } from "./steps";
import { FIELD_NAMES, HOUR, TARGETS } from "./words";

export const calendars = kept<CalendarRow>(calendarsSetup.list);
export const skills = kept<SkillRow>(skillsSetup.list);
export const agents = kept<AgentRow>(agentsSetup.list);

interface Numbered {
  value: number;
  text: string;
}
const named = ({ id, name }: { id: number; name: string }): Numbered => ({ value: id, text: name });
export const personOptions = (): Numbered[] => people.rows.value.map(named);
export const teamOptions = (): Numbered[] => teams.rows.value.map(named);
export const agentOptions = (): Numbered[] => agents.rows.value.map(named);

const titled = ({ name, label }: { name: string; label: string }) => ({ value: name, text: label || name });
export const calendarOptions = () => calendars.rows.value.map(titled);
export const skillOptions = () => skills.rows.value.map(titled);

const nameOf = (options: readonly Numbered[], id: number | null): string => (id === null ? "" : (options.find((one) => one.value === id)?.text ?? `#${id}`));
export const personName = (id: number | null) => nameOf(personOptions(), id);
export const teamName = (id: number | null) => nameOf(teamOptions(), id);

/** For which tickets something is. */
export interface Fits {
  category: number | null;
  level: string | null;
  priority: Priority | null;
}

export function need(): void {
  for (const list of [categories, people, teams, calendars, wordsOf("level")]) void list.need();
}

export function useWords() {
  const { t, count } = useText();
  const { number } = useFormat();
  const { label, word } = useLabels();
  const joined = (parts: readonly (string | null | undefined)[]) => parts.filter(Boolean).join(" · ");
  const priorities = () => PRIORITIES.map((value) => ({ value, text: t(PRIORITY[value].text) }));
  const fits = ({ category, level, priority }: Fits) => joined([categoryName(category), word("level", level), priority && t(PRIORITY[priority].text)]) || t("ts.anyTicket");

  function time(seconds: number): string {
    return seconds % HOUR === 0 ? t("ts.hoursOf", { n: number(seconds / HOUR) }) : t("ts.minutesOf", { n: number(seconds / 60) });
  }
  const field = (one: OwnField) => label(one, one.name) + (one.required ? " *" : "");

  function escalation(one: Escalation): string {
    const when = one.minutes === 0 ? t("ts.whenDue", { target: t(TARGETS[one.target]) }) : t(one.minutes < 0 ? "ts.beforeDue" : "ts.afterDue", { target: t(TARGETS[one.target]), time: time(Math.abs(one.minutes) * 60) });
    const told = [one.notify_owner && t("ts.theOwner"), one.notify_team && t("ts.theTeam"), ...one.notify.map(personName)].filter(Boolean).join(", ");
    const given = joined([teamName(one.team), personName(one.owner)]);
    const does = [told && t("ts.tells", { who: told }), one.raise_priority && t("ts.raises"), given && t("ts.gives", { who: given })].filter(Boolean).join("; ");
    return `${when}: ${does || "–"}`;
  }
  function step(one: MacroStep): string {
    const said: Partial<Record<MacroStep["do"], () => string>> = {
      assign: () => ("to" in one ? (one.to === "me" ? t("ts.toMe") : one.to === "nobody" ? t("ts.toNobody") : personName(one.to)) : ""),
      team: () => ("team" in one ? teamName(one.team) || t("ts.noTeam") : ""),
      priority: () => ("priority" in one ? t(PRIORITY[one.priority].text) : ""),
      tags: () => ("add" in one ? [...one.add.map((tag) => `+${tag}`), ...one.remove.map((tag) => `−${tag}`)].join(" ") : ""),
      pend: () => ("reason" in one ? one.reason : ""),
      resolve: () => ("solution" in one ? (one.solution ?? "") : ""),
      reply: () => ("text" in one ? one.text : ""),
      note: () => ("text" in one ? one.text : ""),
    };
    const more = said[one.do]?.() ?? "";
    return more ? `${t(STEP_KINDS[one.do])}: ${more}` : t(STEP_KINDS[one.do]);
  }

  const BY_FIELD: Record<string, (value: never) => string> = {
    parent: (id: number) => categoryName(id),
    category: (id: number) => categoryName(id),
    level: (level: string) => word("level", level),
    priority: (one: Priority) => t(PRIORITY[one].text),
    respond: time,
    update: time,
    resolve: time,
    team: (id: number) => teamName(id),
    owners: (ids: number[]) => ids.map(personName).join(", "),
    fields: (list: OwnField[]) => list.map(field).join(", ") || "–",
    steps: (list: (Escalation | MacroStep)[]) => list.map((one) => ("do" in one ? step(one) : escalation(one))).join("\n") || "–",
    sharing: (one: keyof typeof SHARING) => t(SHARING[one]),
  };
  /** A value of a form, for whoever was slower. */
  function fieldText(value: unknown, name: string): string {
    if (typeof value === "boolean") return t(value ? "form.yes" : "form.no");
    return (BY_FIELD[name] as ((value: unknown) => string) | undefined)?.(value) ?? String(value);
  }
  const fieldLabel = (name: string): string => {
    const key: Key | undefined = FIELD_NAMES[name];
    return key ? t(key) : name;
  };
  return { count, priorities, fits, time, field, escalation, step, joined, fieldText, fieldLabel };
}
