// A figure's name and how its value is written.
import { useFormat, useText } from "@/i18n";

import { metricOf } from "./thresholds";

export function useFigure() {
  const { t } = useText();
  const { number, decimal, percent, averaged } = useFormat();
  return {
    name: (metric: string) => {
      const known = metricOf(metric);
      return known ? t(known.text) : metric;
    },
    value: (metric: string, value: number) => {
      const unit = metricOf(metric)?.unit ?? "number";
      return unit === "share" ? percent(value) : unit === "seconds" ? averaged(value) : unit === "marks" ? decimal(value) : number(value);
    },
  };
}
