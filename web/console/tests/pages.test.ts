import { effectScope, nextTick } from "vue";
import { describe, expect, it } from "vitest";

import { ApiError } from "@/api/client";
import type { Page } from "@/api/types";
import { isBack } from "@/live/back";
import { usePages } from "@/ui/usePages";

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

/** A list of numbers served in pages of three; `items` can change under the reader. */
function served(source: { items: number[]; fail?: boolean | Error }) {
  const read = async (cursor: string | null): Promise<Page<number>> => {
    if (source.fail) throw source.fail === true ? new Error("away") : source.fail;
    const from = Number(cursor ?? 0);
    return { items: source.items.slice(from, from + 3), next: from + 3 < source.items.length ? String(from + 3) : null };
  };
  return effectScope().run(() => usePages(read)) as ReturnType<typeof usePages<number>>;
}

describe("a list that comes in pages", () => {
  it("grows until its end", async () => {
    const pages = served({ items: numbers(0, 7) });
    await pages.restart(true);
    for (let round = 0; round < 5; round += 1) await pages.more();
    expect(pages.items.value).toEqual(numbers(0, 7));
    expect(pages.next.value).toBeNull();
  });

  it("takes in what is new at the top and keeps what was scrolled to", async () => {
    const source = { items: numbers(10, 17) };
    const pages = served(source);
    await pages.restart(true);
    await pages.more();
    source.items = [9, ...source.items];
    await pages.refresh((item) => item);
    expect(pages.items.value).toEqual(numbers(9, 16));
  });

  it("shows what it has when a refresh fails, and says so when a page does", async () => {
    const source = { items: numbers(0, 7), fail: false };
    const pages = served(source);
    await pages.restart(true);
    source.fail = true;
    await pages.refresh((item) => item);
    expect([pages.items.value, pages.error.value]).toEqual([numbers(0, 3), null]);
    await pages.more();
    expect(pages.error.value).not.toBeNull();
  });

  it.each([
    ["loads again by itself when the network is back", new ApiError(0, "unreachable", ""), [0, 1]],
    ["is not asked again for what the service refused", new ApiError(403, "forbidden", ""), []],
  ])("%s", async (_, fail, shown) => {
    const source: Parameters<typeof served>[0] = { items: numbers(0, 2), fail };
    const pages = served(source);
    await pages.restart(true);
    source.fail = false;
    isBack();
    await nextTick();
    await Promise.resolve();
    await nextTick();
    expect(pages.items.value).toEqual(shown);
    expect(pages.error.value === null).toBe(shown.length > 0);
  });

  it("is empty only when the answer said so", async () => {
    const pages = served({ items: [] });
    expect(pages.empty.value).toBe(false);
    await pages.restart(true);
    expect(pages.empty.value).toBe(true);
  });
});
