// Why a call came to somebody: a supervisor's order is said in words, with who gave it.
import { describe, expect, it } from "vitest";

import { named, reasonKey, STEPS } from "@/agent/why";
import type { Key } from "@/i18n";
import { en } from "@/i18n/en";
import { zh } from "@/i18n/zh";

/** What the service writes down of each order (`routing/steering.py`). */
const ORDERS: Record<string, Record<string, string>> = {
  moved: { by: "陈静", queue: "vip" },
  given: { by: "陈静", queue: "support", agent: "7" },
  reserved: { by: "陈静", queue: "support", agent: "7" },
  prioritised: { by: "陈静", queue: "support", priority: "120" },
};
const nameOf = (agent: number) => (agent === 7 ? "Ma" : null);
const filled = (text: string, values: Record<string, string>) => text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? `?${name}`);

describe("a supervisor's order", () => {
  it("is a step of its own, with every fact that its text names", () => {
    expect(STEPS.supervisor).toBe("step.supervisor");
    for (const [reason, facts] of Object.entries(ORDERS)) {
      const key = reasonKey({ step: "supervisor", reason }) as Key;
      expect(key).not.toBeNull();
      for (const texts of [en, zh]) {
        const said = filled(texts[key], named(facts, nameOf));
        expect(said).toContain("陈静");
        expect(said).not.toMatch(/[?–]/);
      }
    }
  });

  it("is why the agent was offered it", () => {
    const key = reasonKey({ step: "offer", reason: "supervisor" }) as Key;
    expect(filled(en[key], named({ agent: "7" }, nameOf))).toBe("A supervisor chose Ma");
  });
});
