// What is worth asking for while somebody types a new customer: a name that says something, a number long enough; pure.
import type { CustomerDraftSent } from "@/api/crm";

/** Chinese names say something with two characters, others with three letters. */
const NAMED = /[\u3400-\u9fff]{2}|[\p{L}\p{N}]{3}/u;
const DIGITS = 6;

export function worthAsking(name: string, number: string, kind: "company" | "person"): CustomerDraftSent | null {
  const named = NAMED.test(name.trim());
  const numbered = number.replace(/\D/g, "").length >= DIGITS;
  if (!named && !numbered) return null;
  // The service wants a name; a number alone is asked for by a name that nobody has.
  return { name: named ? name.trim() : "?", kind, numbers: numbered ? [number.trim()] : [] };
}
