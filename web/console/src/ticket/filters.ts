// A saved view's filter as the address of the list has it, and back; pure.
import type { ViewFilter } from "@/api/tickets";

export const FILTERS = ["q", "status", "priority", "owner", "team", "category", "tag", "overdue", "watching", "customer", "created_from", "created_to", "view"] as const;
/** What a saved view can ask; the rest only a list can. */
const OF_VIEWS = ["status", "priority", "owner", "team", "category", "tag", "overdue", "watching", "customer"] as const;
type Values = Readonly<Record<string, string>>;

const number = (value: string | undefined): number | null => (value && /^\d+$/.test(value) ? Number(value) : null);
const yesNo = (value: string | undefined): boolean | null => (value === "true" ? true : value === "false" ? false : null);
const words = (value: string | undefined): string[] => (value ?? "").split(",").filter(Boolean);

/** Of a filter that says nothing about something, nothing is in the address. */
export function addressOf(filter: ViewFilter): Record<string, string> {
  const text = (value: unknown) => (value === null || value === undefined ? "" : Array.isArray(value) ? value.join(",") : String(value as string | number | boolean));
  return Object.fromEntries(OF_VIEWS.map((name) => [name, text(filter[name])]));
}

export function filterOf(values: Values): ViewFilter {
  const { owner, team, tag } = values;
  const filter: Record<string, unknown> = {
    status: words(values.status),
    priority: words(values.priority),
    owner: owner === "me" || owner === "nobody" ? owner : number(owner),
    team: team === "mine" ? team : number(team),
    category: number(values.category),
    tag: tag ?? null,
    overdue: yesNo(values.overdue),
    watching: yesNo(values.watching),
    customer: number(values.customer),
  };
  const said = Object.entries(filter).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0));
  return Object.fromEntries(said) as ViewFilter;
}

/** Whether the address asks what the view asks. */
export function asks(values: Values, filter: ViewFilter): boolean {
  const asked = addressOf(filter);
  return OF_VIEWS.every((name) => (values[name] ?? "") === asked[name]);
}
