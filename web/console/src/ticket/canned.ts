// Which canned responses somebody means by what they type; pure.
import type { CannedText } from "@/api/tickets";
import { matches } from "@/palette/entries";

/** Its shortcut first, then what begins with it, then every word somewhere in title or text. */
export function cannedFor(all: readonly CannedText[], typed: string): CannedText[] {
  const q = typed.trim().replace(/^\//, "").toLocaleLowerCase();
  const rank = ({ shortcut }: CannedText) => (q === "" || shortcut === null ? 2 : shortcut.toLocaleLowerCase() === q ? 0 : shortcut.toLocaleLowerCase().startsWith(q) ? 1 : 2);
  return all.filter((one) => rank(one) < 2 || matches(`${one.title} ${one.body}`, q)).sort((a, b) => rank(a) - rank(b));
}
