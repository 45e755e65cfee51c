// When a task is due, between the fields of a form and the service's seconds; pure.

const two = (value: number) => String(value).padStart(2, "0");

/** As a `datetime-local` field writes it, in the reader's zone. */
export const fieldOf = (at: Date): string => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;

/** Nine o'clock on the next day that is no weekend. */
export function nextWorkday(now: Date): string {
  const day = new Date(now);
  do day.setDate(day.getDate() + 1);
  while (day.getDay() === 0 || day.getDay() === 6);
  day.setHours(9, 0, 0, 0);
  return fieldOf(day);
}

export const instantOf = (field: string): number => new Date(field).getTime() / 1000;
