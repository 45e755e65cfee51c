// How large a file is, and may be; pure.
export const LARGEST = 10 * 1024 * 1024; // bytes; the service refuses more

/** In the largest unit of which there is at least one. */
export function sizeText(bytes: number, number: (value: number) => string): string {
  const units = ["B", "KB", "MB"];
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** step;
  return `${number(step === 0 || value >= 10 ? Math.round(value) : Math.round(value * 10) / 10)} ${units[step] ?? ""}`;
}
