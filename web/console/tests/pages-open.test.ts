// Which pages of other systems open at a call, and that nobody's name leads elsewhere.
import { describe, expect, it } from "vitest";

import type { Contact } from "../src/agent/contact";
import type { UrlPop } from "../src/api/outward";
import { filled, isDue, pagesOf, valuesOf } from "../src/outward/pages";

const contact = (more: Partial<Contact> = {}): Contact =>
  ({ interaction: "5f0c", direction: "inbound", number: "13800138000", name: "李雷", queue: "sales", dialled: "4008", card: null, state: "ringing", ...more }) as Contact;
const pop = (more: Partial<UrlPop> = {}): UrlPop => ({ id: 1, name: "CRM", url: "https://crm.example.com/find?phone={{caller.number}}", moment: "ring", queues: [], active: true, ...more });

describe("an address with gaps", () => {
  it("is filled percent-encoded", () => {
    const values = valuesOf(contact({ name: "a&b=c#/?<李>" }), "lucy");
    expect(filled("https://x.example.com/{{caller.name}}?u={{ agent.login }}&q={{queue}}", values)).toBe("https://x.example.com/a%26b%3Dc%23%2F%3F%3C%E6%9D%8E%3E?u=lucy&q=sales");
  });
  it("never leads elsewhere", () => {
    const values = { "caller.name": "@evil.example.com/", queue: "\ud800" };
    expect(filled("https://x.example.com{{caller.name}}", values)).toBeNull();
    expect(filled("javascript:alert('{{caller.name}}')", values)).toBeNull();
    expect(filled("https://x.example.com/{{queue}}", values)).toBe("https://x.example.com/%EF%BF%BD");
    expect(filled("https://x.example.com/{{nonsense}}", values)).toBe("https://x.example.com/");
  });
  it("names a customer only when it is surely one", () => {
    const card = (match: string) => ({ match, e164: "+8613800138000", number: "1", place: null, candidates: [{ customer: 7, name: "李雷" }] }) as unknown as Contact["card"];
    expect(valuesOf(contact({ card: card("known") }), "")["customer.id"]).toBe("7");
    expect(valuesOf(contact({ card: card("maybe") }), "")["customer.id"]).toBe("");
  });
});

describe("pages of a call", () => {
  it("are those of its queue, from their moment on", () => {
    const pops = [pop(), pop({ id: 2, moment: "answer" }), pop({ id: 3, queues: ["support"] }), pop({ id: 4, queues: ["sales"] })];
    expect(pagesOf(contact(), pops, "lucy").map((one) => one.key)).toEqual(["5f0c/1", "5f0c/4"]);
    expect(pagesOf(contact({ state: "talking" }), pops, "lucy").map((one) => one.key)).toEqual(["5f0c/1", "5f0c/2", "5f0c/4"]);
    expect(pagesOf(contact({ state: "ended" }), pops, "lucy")).toEqual([]);
  });
  it("open at the ring or at the answer, and not within the house", () => {
    expect(isDue(contact(), pop())).toBe(true);
    expect(isDue(contact({ state: "talking" }), pop())).toBe(false);
    expect(isDue(contact({ state: "talking" }), pop({ moment: "answer" }))).toBe(true);
    expect(isDue(contact({ direction: "internal" }), pop())).toBe(false);
  });
});
