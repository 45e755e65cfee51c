// Days of a filter as the moments the service is asked for, in the reader's zone; pure.

const startOf = (day: string, later = 0): number | null => {
  const [year, month, date] = day.split("-").map(Number);
  if (!year || !month || !date) return null;
  return new Date(year, month - 1, date + later).getTime() / 1000;
};

/** Both days are in it: until is the start of the day after. */
export const bounds = (since: string, until: string): { since: number | null; until: number | null } => ({ since: startOf(since), until: startOf(until, 1) });
