// A time as people say it: so many of a unit. A factor below nothing is a time before; pure.

export interface Amount {
  amount: number;
  factor: number;
}

/** In the largest unit that it is whole in; `keep` for nothing, which is nothing in every unit. */
export function amountOf(value: number, factors: readonly number[], keep: number): Amount {
  const fitting = factors.filter((factor) => Math.sign(factor) === Math.sign(value) && value % factor === 0);
  const factor = fitting.reduce((best, one) => (best === 0 || Math.abs(one) > Math.abs(best) ? one : best), 0);
  if (factor !== 0) return { amount: value / factor, factor };
  const fallback = factors.includes(keep) ? keep : (factors[0] ?? 1);
  const signed = value === 0 || Math.sign(fallback) === Math.sign(value) ? fallback : (factors.find((one) => Math.sign(one) === Math.sign(value)) ?? fallback);
  return { amount: value === 0 ? 0 : value / signed, factor: signed };
}

export const valueOf = ({ amount, factor }: Amount): number => Math.round(amount * factor) + 0; // no minus zero
