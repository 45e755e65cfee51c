// What administrators describe, pretended: changed as the service would, with some of its refusals and warnings.
import { dispositions, pauseReasons } from "./data.mjs";

const VOICEMAIL = { kind: "voicemail", target: null };
const queue = (id, name, label, more = {}) => ({ id, pbx: "main", name, ours: true, label, weight: 1, priority: 0, strategy: "longest_idle", ring_seconds: 20, wrap_up_seconds: 30, wrap_up_extend: 120, rona_limit: 2, required: [], preferred: [], calendar: null, max_waiting: null, max_wait: null, music: "default", announce_every: 60, announce_position: true, announce_wait: true, exit_key: null, callback_key: null, when_closed: VOICEMAIL, when_full: VOICEMAIL, when_timed_out: VOICEMAIL, when_empty: VOICEMAIL, when_key: VOICEMAIL, dispositions: [], disposition_required: false, ask_satisfaction: false, service_level: 20, short_abandon: 5, ...more });
const HOURS = [{ begin: "09:00", end: "12:00" }, { begin: "13:30", end: "18:00" }];
const DAY = 86_400;

const described = () => ({
  queues: [
    queue(1, "售后服务", "售后服务", { required: [{ skill: "after_sales", level: 30, after: 120 }], preferred: [{ skill: "english", level: 60, after: null }], calendar: "office", max_waiting: 20, max_wait: 600, callback_key: "2", exit_key: "0", when_full: { kind: "callback", target: null }, when_timed_out: { kind: "queue", target: "support" }, when_closed: { kind: "message", target: "closed" }, dispositions: ["solved", "callback", "complaint"], disposition_required: true }),
    queue(2, "support", "Support", { strategy: "best_skill", weight: 1.5 }),
    queue(3, "sales", "销售热线", { strategy: "round_robin" }),
    queue(4, "front-desk", "", { ours: false }),
  ],
  skills: [{ name: "after_sales", label: "售后", agents: 4 }, { name: "english", label: "英语", agents: 3 }, { name: "billing", label: "", agents: 0 }],
  "pause-reasons": pauseReasons,
  dispositions,
  calendars: [
    { name: "office", label: "上海办公时间", zone: "Asia/Shanghai", week: { monday: HOURS, tuesday: HOURS, wednesday: HOURS, thursday: HOURS, friday: HOURS, saturday: [], sunday: [] }, holidays: "CN", region: null, makeup: "monday", days: [{ date: "2027-02-05", name: "春节前夕", hours: [{ begin: "09:00", end: "12:00" }] }, { date: "2027-05-20", name: "年会", hours: [] }], open: true, closed: null, day: null, changes_at: Date.now() / 1000 + 7200 },
    { name: "berlin", label: "Berlin", zone: "Europe/Berlin", week: { monday: HOURS, tuesday: HOURS, wednesday: HOURS, thursday: HOURS, friday: HOURS, saturday: [], sunday: [] }, holidays: "DE", region: "BE", makeup: null, days: [], open: false, closed: "holiday", day: "Tag der Deutschen Einheit", changes_at: Date.now() / 1000 + DAY },
  ],
  "entry-points": [
    {
      id: 1, pbx: "main", number: "02155500100", name: "售后热线", queue: "售后服务", menu: "main",
      rules: [
        { kind: "block_list", numbers: ["+8617000000000", "+86170*"], withheld: false, action: "busy" },
        { kind: "calendar", calendar: "office", when_closed: { kind: "message", target: "closed" } },
        { kind: "account_number", prompt: "type-account", wrong: null, digits: 10, seconds: 5, tries: 2 },
        { kind: "customer_level", levels: [{ level: "VIP", priority: 120, queue: null }, { level: "A", priority: 30, queue: "support" }] },
        { kind: "language", languages: [{ language: "en", skill: "english", level: 50 }], required: true, after: 60 },
        { kind: "ticket_owner", wait: 30 },
        { kind: "account_manager", wait: 30 },
        { kind: "last_agent", days: 7, wait: 20 },
        { kind: "announcement", prompt: "recorded" },
      ],
    },
    { id: 2, pbx: "main", number: "0215550011*", name: "坐席直线", queue: "support", menu: null, rules: [{ kind: "direct_agent", numbers: [{ number: "02155500111", agent: 1 }, { number: "02155500112", agent: 2 }], wait: 60 }] },
  ],
  menus: [{ name: "main", label: "主菜单", menu: { prompt: "welcome", wrong: null, seconds: 5, retries: 2, otherwise: null, keys: [{ key: "1", step: { kind: "queue", target: "售后服务" }, priority: 0, required: [{ skill: "after_sales", level: 1, after: null }], language: null }, { key: "2", step: { kind: "queue", target: "sales" }, priority: 0, required: [], language: null }, { key: "9", step: { kind: "repeat", target: null }, priority: 0, required: [], language: "en" }] } }],
  prompts: ["welcome", "closed", "recorded"].map((name) => ({ name, label: "", seconds: 8, size: 128_000, uploaded_at: 0 })),
  "holiday-countries": [{ country: "CN", regions: [] }, { country: "DE", regions: ["BE", "BY"] }, { country: "US", regions: ["CA", "NY"] }],
});
const kept = described();
const PEOPLE = ["李娜", "张强", "Sofia Rossi", "王磊", "James Wright", "杨帆", "黄丽"];
const agents = PEOPLE.map((name, index) => ({ id: index + 1, name, user: null, active: true, interfaces: index === 5 ? [] : [{ pbx: "main", interface: `PJSIP/100${index + 1}` }], queues: index === 5 ? [] : [kept.queues[index % 3].name], skills: index % 2 ? { english: 70 } : { after_sales: 60, english: 40 }, rank: index }));

const wrong = (status, code, field, message) => ({ status, error: { code, message, field, request_id: "3f1c9a2e" } });
/** A refusal and a warning or two, so that one can look at them. */
const refusal = (path, body) => {
  if (path === "queues" && body.name === "vip") return wrong(409, "conflict", "name", "there is a queue 'vip' already");
  if (path === "queues" && body.callback_key && body.callback_key === body.exit_key) return wrong(422, "invalid_input", "callback_key", "the same key as exit_key");
  const place = (body.rules ?? []).findIndex((rule, index) => rule.kind === "ticket_owner" && body.rules.findIndex((one) => one.kind === "ticket_owner") < index);
  return place < 0 ? null : wrong(422, "invalid_input", `rules[${place}]`, "can never match: there is such a rule before");
};
const warnings = (path, body) => [
  ...(path === "queues" && body.ours && body.name !== undefined ? [{ code: "queue_without_agents", field: "name", message: "", facts: { queue: body.name } }] : []),
  ...(body.required ?? []).flatMap((need, index) => (need.level > 60 ? [{ code: "skill_nobody_has", field: `required[${index}]`, message: "", facts: { skill: need.skill, level: String(need.level) } }] : [])),
];
const KEYS = { queues: "id", "entry-points": "id" };
const WARNED = ["queues", "entry-points", "menus", "calendars"];

function save(path, key, body) {
  const refused = refusal(path, body);
  if (refused) return refused;
  const by = KEYS[path] ?? "name";
  const before = kept[path].find((one) => String(one[by]) === key);
  const row = { open: true, closed: null, day: null, changes_at: null, agents: 0, ...before, ...body, id: before?.id ?? kept[path].length + 1, pbx: "main" };
  if (before) Object.assign(before, row);
  else kept[path].push(row);
  return WARNED.includes(path) ? { saved: row, warnings: warnings(path, body) } : row;
}
function drop(path, key) {
  if (path === "queues") return wrong(409, "conflict", "name", "'售后服务' is used by number 02155500100, menu main");
  kept[path] = kept[path].filter((one) => String(one[KEYS[path] ?? "name"]) !== key);
  return undefined;
}

const PATHS = "(queues|skills|pause-reasons|dispositions|calendars|entry-points|menus|prompts|holiday-countries)";
export const SETUP = [
  [new RegExp(`^GET /${PATHS}$`), ([path]) => ({ items: kept[path] })],
  [new RegExp(`^POST /${PATHS}$`), ([path], _, body) => save(path, null, body)],
  [new RegExp(`^PUT /${PATHS}/([^/]+)$`), ([path, key], _, body) => save(path, decodeURIComponent(key), body)],
  [new RegExp(`^DELETE /${PATHS}/([^/]+)$`), ([path, key]) => drop(path, decodeURIComponent(key))],
  [/^GET \/agents$/, () => ({ items: agents })],
  [/^PATCH \/agents\/(\d+)$/, ([id], _, body) => Object.assign(agents[id - 1], body)],
];
/** A house where nobody described anything yet. */
export const emptySetup = () => Object.keys(kept).forEach((path) => (kept[path] = []));
export const fullSetup = () => Object.assign(kept, described());
