// What tickets are about, by the house's own tree, and the other lists that many parts need.
import { categories as categoriesApi, macros as macrosApi, ticketTags, canned as cannedApi, type CannedText, type Category, type Macro } from "@/api/tickets";
import { people, teams, type Option } from "@/crm/house";
import { kept } from "@/ui/kept";

export const categories = kept<Category>(categoriesApi);
export const macros = kept<Macro>(macrosApi);
export const cannedTexts = kept<CannedText>(cannedApi.list);
export const knownTags = kept<string>(() => ticketTags(""));

export function needTicketWords(): void {
  for (const list of [categories, people, teams, knownTags]) void list.need();
}

export const categoryOf = (id: number | null): Category | null => categories.rows.value.find((one) => one.id === id) ?? null;
export const categoryName = (id: number | null): string => categoryOf(id)?.path.join(" / ") ?? "";
/** What can be chosen now; what a ticket has already stays to be seen. */
export const categoryOptions = (keep: number | null = null): { value: number; text: string }[] =>
  categories.rows.value.filter((one) => one.active || one.id === keep).map((one) => ({ value: one.id, text: one.path.join(" / ") }));
export const personOptions = (): Option[] => people.rows.value.map(({ id, name }) => ({ value: String(id), text: name }));
export const teamOptions = (): Option[] => teams.rows.value.map(({ id, name }) => ({ value: String(id), text: name }));
