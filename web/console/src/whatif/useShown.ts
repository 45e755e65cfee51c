// Shares, seconds and what is known only within a margin, in the reader's form.
import type { Estimate } from "@/api/types";
import { useFormat, useText } from "@/i18n";

import type { Figure } from "./figures";

export function useShown() {
  const { t } = useText();
  const { decimal, percentFine } = useFormat();
  const value = (figure: Figure, amount: number): string =>
    figure.unit === "share" ? percentFine(amount) : t("whatif.seconds", { n: decimal(amount) });
  const margin = (figure: Figure, amount: number): string => decimal(figure.unit === "share" ? amount * 100 : amount);
  return {
    value,
    estimate: (figure: Figure, one: Estimate | null): string =>
      one === null ? "–" : value(figure, one.mean) + (one.margin === null ? "" : ` ±${margin(figure, one.margin)}`),
    /** With its sign; shares differ by points. */
    difference: (figure: Figure, one: Estimate): string => {
      const amount = figure.unit === "share" ? one.mean * 100 : one.mean;
      const n = `${one.mean > 0 ? "+" : ""}${decimal(amount).replace("-", "−")}`;
      return t(figure.unit === "share" ? "whatif.points" : "whatif.seconds", { n });
    },
  };
}
