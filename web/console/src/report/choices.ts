// What can be chosen on the page of reports, and what is chosen at first.

export const SUBJECTS = [
  { name: "queues", text: "report.subject.queues" },
  { name: "agents", text: "report.subject.agents" },
  { name: "dispositions", text: "report.subject.dispositions" },
  { name: "tickets", text: "report.subject.tickets" },
] as const;
export const STEPS = [
  { name: "none", text: "report.step.none" },
  { name: "hour", text: "report.step.hour" },
  { name: "day", text: "report.step.day" },
  { name: "week", text: "report.step.week" },
  { name: "month", text: "report.step.month" },
] as const;
export const BYS = [
  { name: "none", text: "report.key.none" },
  { name: "queue", text: "report.key.queue" },
  { name: "agent", text: "report.key.agent" },
  { name: "team", text: "report.key.team" },
  { name: "disposition", text: "report.key.disposition" },
  { name: "category", text: "report.key.category" },
] as const;
export const FORMULAS = [
  { name: "without_short", text: "report.formula.without_short" },
  { name: "with_short", text: "report.formula.with_short" },
  { name: "of_offered", text: "report.formula.of_offered" },
  { name: "of_answered", text: "report.formula.of_answered" },
  { name: "abandoned_in_time", text: "report.formula.abandoned_in_time" },
] as const;
export const FORMATS = ["xlsx", "csv", "pdf"] as const;
export const USUAL: Record<string, string[]> = {
  queues: ["offered", "answered", "abandoned", "short_abandons", "service_level", "asa", "longest_wait", "aht"],
  agents: ["handled", "talk", "hold", "wrap_up", "aht", "occupancy", "rona", "signed_in", "satisfaction"],
  dispositions: ["handled", "aht", "fcr", "satisfaction"],
  tickets: ["tickets_opened", "first_response", "resolution", "reopen_rate", "respond_kept", "resolve_kept", "ticket_satisfaction"],
};
export const DAY = 86_400; // seconds
export const dayOf = (at: number) => new Intl.DateTimeFormat("sv-SE").format(at * 1000);
export const dayAfter = (day: string) => {
  const next = new Date(`${day}T00:00:00Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  return next.toISOString().slice(0, 10);
};

export const NARROW: Record<string, string> = { queue: "queues", agent: "agents", team: "teams", disposition: "dispositions", category: "categories" };
