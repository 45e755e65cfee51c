// Times, numbers and durations in the reader's form and zone; pure, a formatter is built once for each tag.

type DurationUnits = Partial<Record<"hours" | "minutes" | "seconds", number>>;
interface DurationFormat {
  format: (duration: DurationUnits) => string;
}
type DurationFormatClass = new (tag: string, options: Record<string, string>) => DurationFormat;

function cached<T>(build: (tag: string) => T): (tag: string) => T {
  const built = new Map<string, T>();
  return (tag) => {
    const known = built.get(tag) ?? build(tag);
    built.set(tag, known);
    return known;
  };
}

const dates = (options: Intl.DateTimeFormatOptions) =>
  cached((tag) => new Intl.DateTimeFormat(tag, options));
const numbers = (options: Intl.NumberFormatOptions) =>
  cached((tag) => new Intl.NumberFormat(tag, options));

const CLOCK = dates({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const CLOCK_SECONDS = dates({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const DAY = dates({ month: "short", day: "numeric", weekday: "short" });
const DAY_YEAR = dates({ year: "numeric", month: "short", day: "numeric" });
const FULL = dates({ dateStyle: "medium", timeStyle: "medium" });
const PLAIN = numbers({});
const PERCENT = numbers({ style: "percent", maximumFractionDigits: 0 });
const FINE = numbers({ style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const DECIMAL = numbers({ minimumFractionDigits: 1, maximumFractionDigits: 1 });
const SPEED = numbers({ maximumFractionDigits: 2 });
const RELATIVE = cached((tag) => new Intl.RelativeTimeFormat(tag, { numeric: "auto" }));
const COLLATOR = cached((tag) => new Intl.Collator(tag, { numeric: true }));
const LONG = cached((tag) => durations(tag, { style: "narrow" }));

/** Not every browser an office still uses has it. */
function durations(tag: string, options: Record<string, string>): DurationFormat | null {
  const Format = (Intl as unknown as { DurationFormat?: DurationFormatClass }).DurationFormat;
  return Format ? new Format(tag, options) : null;
}

const dateOf = (seconds: number) => new Date(seconds * 1000);
const sameDay = (a: number, b: number) => dateOf(a).toDateString() === dateOf(b).toDateString();
const sameYear = (a: number, b: number) => dateOf(a).getFullYear() === dateOf(b).getFullYear();

export const time = (tag: string, at: number) => CLOCK(tag).format(dateOf(at));
export const timeSeconds = (tag: string, at: number) => CLOCK_SECONDS(tag).format(dateOf(at));
export const fullTime = (tag: string, at: number) => FULL(tag).format(dateOf(at));
export const number = (tag: string, value: number) => PLAIN(tag).format(value);
export const percent = (tag: string, share: number) => PERCENT(tag).format(share);
/** With one decimal, where it says something. */
export const percentFine = (tag: string, share: number) => FINE(tag).format(share);
export const decimal = (tag: string, value: number) => DECIMAL(tag).format(value);
/** Names in the order the reader's language puts them. */
export const compare = (tag: string, a: string, b: string) => COLLATOR(tag).compare(a, b);
export const speed = (tag: string, rate: number) => `${SPEED(tag).format(rate)}×`;

/** A day as a heading: the year only when it is another one. */
export function day(tag: string, at: number, now: number): string {
  if (sameDay(at, now)) return RELATIVE(tag).format(0, "day");
  if (sameDay(at, now - 86_400)) return RELATIVE(tag).format(-1, "day");
  return (sameYear(at, now) ? DAY : DAY_YEAR)(tag).format(dateOf(at));
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "3 days ago", in the largest unit that fits. */
export function ago(tag: string, at: number, now: number): string {
  const past = Math.max(0, now - at);
  const [unit, size] = STEPS.find(([, seconds]) => past >= seconds) ?? ["minute", 60];
  return RELATIVE(tag).format(-Math.floor(past / size), unit);
}

/** "in 35 minutes", "2 hours ago": how far off a moment is, in the largest unit that fits. */
export function away(tag: string, at: number, now: number): string {
  const far = Math.abs(at - now);
  const [unit, size] = STEPS.find(([, seconds]) => far >= seconds) ?? ["minute", 60];
  const units = Math.max(1, Math.floor(far / size));
  return RELATIVE(tag).format(at < now ? -units : units, unit);
}

function split(seconds: number): Required<DurationUnits> {
  const whole = Math.max(0, Math.floor(seconds));
  return {
    hours: Math.floor(whole / 3600),
    minutes: Math.floor((whole % 3600) / 60),
    seconds: whole % 60,
  };
}

const two = (value: number) => String(value).padStart(2, "0");

/** A running clock: 2:05, 1:02:05. */
export function ticking(seconds: number): string {
  const { hours, minutes, seconds: rest } = split(seconds);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** An average, to the nearest second; a running clock has not reached its next one yet. */
export const averaged = (seconds: number): string => ticking(Math.round(seconds));

/** A length in words, for people who listen to the page: 2m 5s, 2分钟5秒. */
export function spoken(tag: string, seconds: number): string {
  const units = split(seconds);
  const said: DurationUnits = {};
  if (units.hours) said.hours = units.hours;
  if (units.minutes) said.minutes = units.minutes;
  if (units.seconds || (!units.hours && !units.minutes)) said.seconds = units.seconds;
  const text = LONG(tag)?.format(said);
  return text ? text : ticking(seconds);
}
