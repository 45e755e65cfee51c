// Which pages of other systems belong to a call, and their addresses filled in: pure.
import type { Contact } from "@/agent/contact";
import type { UrlPop } from "@/api/outward";

export interface OpenPage {
  key: string;
  name: string;
  url: string;
}

const GAP = /\{\{([^{}]*)\}\}/g;

/** What the gaps stand for; what is not known is nothing. */
export function valuesOf(contact: Contact, login: string): Record<string, string> {
  const surely = contact.card?.match === "known" ? contact.card.candidates[0] : undefined;
  const values: Record<string, string | number | null | undefined> = {
    "caller.number": contact.number,
    "caller.e164": contact.card?.e164,
    "caller.name": contact.name,
    "customer.id": surely?.customer,
    "customer.name": surely?.name,
    queue: contact.queue,
    dialled: contact.dialled,
    "call.id": contact.interaction,
    "call.direction": contact.direction,
    "agent.login": login,
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value ?? "")]));
}

/** Half a character, as a cut name may end in, cannot be encoded. */
const encoded = (text: string) => encodeURIComponent(text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd"));

/** Null when the address is none, or would lead elsewhere than the administrator wrote. */
export function filled(template: string, values: Record<string, string>): string | null {
  const url = template.replace(GAP, (_, name: string) => encoded(values[name.trim()] ?? ""));
  try {
    const made = new URL(url);
    const meant = new URL(template.split("{{")[0] ?? "");
    const web = made.protocol === "https:" || made.protocol === "http:";
    return web && made.origin === meant.origin && !made.username && !made.password ? made.href : null;
  } catch {
    return null;
  }
}

/** The pages of this contact as it is now: what opens at the ring stays there when it is answered. */
export function pagesOf(contact: Contact, pops: readonly UrlPop[], login: string): OpenPage[] {
  const answered = contact.state === "talking" || contact.state === "held";
  if (!answered && contact.state !== "ringing") return [];
  const values = valuesOf(contact, login);
  return pops
    .filter((one) => one.moment === "ring" || answered)
    .filter((one) => one.queues.length === 0 || (contact.queue !== null && one.queues.includes(contact.queue)))
    .flatMap((one) => {
      const url = filled(one.url, values);
      return url === null ? [] : [{ key: `${contact.interaction}/${one.id}`, name: one.name, url }];
    });
}

/** Whether it is time to open it: not for calls one makes, and at the ring only once it is known who calls. */
export function isDue(contact: Contact, pop: UrlPop): boolean {
  if (contact.direction === "internal") return false;
  if (pop.moment === "answer") return contact.state === "talking";
  return contact.state === "ringing";
}
