// A pretended simulation: a base of a recorded day, and figures that come after a while.
const QUEUES = ["售后服务", "sales"];
const queue = (name, calls) => ({ name, calls, handling: 236, wrap_up: 22, patience: name === "sales" ? null : 148, service_seconds: 20 });
const agent = (name, count, queues, shifts = ["08:00-12:00", "12:45-17:30"]) => ({ name, count, queues, skills: {}, shifts: count ? shifts : [] });
const base = (day) => ({
  day,
  queues: [queue("售后服务", 349), queue("sales", 287)],
  agents: [agent("李娜", 1, QUEUES), agent("王强", 1, ["售后服务"]), agent("陈静", 0, ["售后服务"]), agent("Maria", 1, ["sales"]), agent("Tom", 1, ["sales"], [])],
  warnings: [],
});
const sure = (mean, margin) => ({ mean, margin, values: 40 });
const figures = (level, asa, gone, busy, less = 1) => ({ service_level: sure(level, 0.012 * less), asa: sure(asa, 1.1 * less), abandon_rate: sure(gone, 0.006 * less), occupancy: sure(busy, 0.007 * less) });
const set = (values) => ({ offered: null, answered: null, abandoned: null, timed_out: null, empty: null, overflow: null, lost: null, wait_probability: null, aht: null, longest_wait: null, ...figures(...values) });
const report = (name, ...rows) => ({ name, seed: 1, replications: 40, confidence: 0.95, queues: rows.slice(0, 2).map((row, place) => ({ name: QUEUES[place], service_seconds: 20, figures: set(row) })), total: set(rows[2]) });
const asItIs = report("", [0.754, 14.7, 0.069, 0.584], [0.779, 11.4, 0.08, 0.556], [0.765, 13.2, 0.074, 0.557]);
const asItWouldBe = report("", [0.695, 18.7, 0.086, 0.635], [0.881, 5.3, 0.039, 0.558], [0.78, 12.3, 0.065, 0.564]);
const difference = report("", [-0.058, 4, 0.017, 0.052, 0.3], [0.102, -6.2, -0.041, 0.002, 0.3], [0.015, -0.9, -0.009, 0.007, 0.3]);
const hours = Array.from({ length: 9 }, (_, hour) => ({ begins: (8 + hour) * 3600, calls: 24 + ((hour * 17) % 40), erlangs: 1.5 + (hour % 4) * 0.8, erlang_c: 4 + (hour % 3), erlang_a: 3 + (hour % 3) }));

/** `empty()` and `stuck()` say which of its faces the page is to show. */
export function api(fail, mode) {
  let job = null;
  const step = () => {
    if (!job || job.state !== "running" || mode.stuck) return;
    job.done += 20;
    job.version += 1;
    if (job.done >= job.of) Object.assign(job, { state: "done", ...(job.changed ? { comparison: { first: asItIs, second: asItWouldBe, differences: difference.queues, total: difference.total } } : { report: asItIs }) });
  };
  return [
    [/^GET \/simulations\/base$/, (_, query) => (mode.empty ? fail(404, "not_found") : base(query.get("day")))],
    [/^GET \/simulations\/staffing$/, (_, query) => ({ name: query.get("queue"), service_seconds: 20, hours })],
    [/^POST \/simulations$/, (_, __, body) => (job = { id: "a".repeat(32), state: "running", version: 1, done: 0, of: 80, problem: null, report: null, comparison: null, changed: body.agents.length + body.queues.length > 0 })],
    [/^GET \/simulations\/(\w+)$/, () => new Promise((done) => setTimeout(() => (step(), done({ ...job })), 250))],
    [/^DELETE \/simulations\/(\w+)$/, () => void Object.assign(job, { state: "cancelled", version: job.version + 1 })],
  ];
}
