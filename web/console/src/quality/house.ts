// What the pages of quality choose from and call things by.
import { evaluators as evaluatorsApi, sheets as sheetsApi, type SheetRow } from "@/api/quality";
import { useFormat, useText } from "@/i18n";
import { kept } from "@/ui/kept";

import type { Said } from "./answers";
import { DIRECTIONS, isDirection } from "./words";

export const sheets = kept<SheetRow>(sheetsApi.list);
/** Who may score. */
export const evaluators = kept(evaluatorsApi);

export function useQualityWords() {
  const { t } = useText();
  const { percentFine, ticking } = useFormat();
  const said = (): Said => ({ yes: t("qa.yes"), no: t("qa.no"), not: t("qa.notApplicable") });
  /** In percent; nothing is no value. */
  const percent = (score: number | null): string => (score === null ? "–" : percentFine(score / 100));
  const way = (direction: string | null): string => (isDirection(direction) ? t(DIRECTIONS[direction]) : "–");
  const length = (seconds: number | null): string => (seconds === null ? "–" : ticking(seconds));
  return { said, percent, way, length };
}
