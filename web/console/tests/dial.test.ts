// A number that is clicked is called once the telephone that rings first can hear it.
import { afterEach, describe, expect, it, vi } from "vitest";
import { nextTick } from "vue";

import { callControl } from "@/api/calls";
import { dial, dialling, shown } from "@/phone/dial";
import { OFF, type Registration } from "@/phone/state";

const { telephone } = await vi.hoisted(async () => {
  const { shallowRef: ref } = await import("vue");
  return { telephone: ref<unknown>(null) };
});
vi.mock("@/phone/phone", () => ({ telephone }));

const is = (registration: Registration) => (telephone.value = { ...OFF, registration });

afterEach(() => {
  shown();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a click on a number", () => {
  it("waits for the telephone of a page that was just loaded", async () => {
    const asked = vi.spyOn(callControl, "dial").mockResolvedValue(undefined as never);
    is("connecting");
    const done = dial("138 0013 8000", true);
    await nextTick();
    expect([dialling.asked, asked.mock.calls.length]).toEqual([true, 0]);
    is("registered");
    await done;
    expect(asked.mock.calls).toEqual([["13800138000"]]);
  });

  it("waits for no desk telephone, and for none that was refused", async () => {
    const asked = vi.spyOn(callControl, "dial").mockResolvedValue(undefined as never);
    is("off");
    await dial("1", false);
    shown();
    is("refused");
    await dial("2", true);
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it("does not wait for ever: the service knows why it does not ring", async () => {
    vi.useFakeTimers();
    const asked = vi.spyOn(callControl, "dial").mockResolvedValue(undefined as never);
    is("lost");
    const done = dial("1", true);
    await vi.advanceTimersByTimeAsync(5_000);
    await done;
    expect(asked).toHaveBeenCalledOnce();
  });
});
