// People, calls and history for looking at the console without a telephone system.
const now = () => Date.now() / 1000;
const DAY = 86_400;

const NAMES = ["王芳", "李伟", "Hans Müller", "深圳市远航科技有限公司", "陈静", "O'Brien & Sons", "赵敏", "Łukasz Żółć", "北京云图信息技术股份有限公司", "Anna Schmidt", "<img src=x onerror=alert(1)>", "刘洋"];
const LEVELS = ["VIP", null, "Gold", "A", null, null];

export const customers = Array.from({ length: 137 }, (_, index) => ({
  id: index + 1,
  kind: index % 3 === 0 ? "person" : index % 3 === 1 ? "person" : "company",
  name: NAMES[index % NAMES.length] + (index < NAMES.length ? "" : ` ${index}`),
  level: LEVELS[index % LEVELS.length],
  owner: index % 4 ? null : "周建国",
  numbers: [{ id: index, raw: `138${String(10000000 + index * 7919).slice(0, 8)}`, e164: `+86138${String(10000000 + index * 7919).slice(0, 8)}`, label: index % 2 ? "mobile" : "手机" }],
}));

export const tickets = [
  { id: 1, number: "T-2026-000123", title: "发票抬头开错，需要重开", status: "in_progress", created_at: now() - 2 * DAY, customer: 1 },
  { id: 2, number: "T-2026-000118", title: "Router loses the connection every night around two o'clock", status: "pending", created_at: now() - 6 * DAY, customer: 1 },
  { id: 3, number: "T-2026-000090", title: "Delivery date moved", status: "archived", created_at: now() - 40 * DAY, customer: 1 },
];

const TALK = [
  ["inbound", "answered", "咨询发票重开进度，承诺周五前答复"],
  ["inbound", "abandoned", "等待 0:42 后放弃"],
  ["outbound", "no_answer", "回访，无人接听"],
  ["inbound", "answered", "Router drops at night; asked to send the log"],
];

function call(index) {
  const [direction, result, summary] = TALK[index % TALK.length];
  const recordings = result === "answered" ? [{ id: `rec-${index}`, seconds: 93 + index * 11}] : [];
  return { id: 1000 - index, kind: "call", at: now() - index * 0.7 * DAY - 3600, summary, direction, result, text: null, author: result === "answered" ? "李娜" : null, interaction: `past-${index}`, recordings };
}

function note(index) {
  return { id: 1000 - index, kind: "note", at: now() - index * 0.7 * DAY - 3600, summary: "", direction: null, result: null, text: "客户要求电子发票，发送到公司邮箱。\n已确认税号。", author: "李娜", interaction: null, recordings: [] };
}

export const timeline = Array.from({ length: 34 }, (_, index) => (index % 5 === 2 ? note(index) : call(index)));

export const candidate = (id, how = "known") => {
  const customer = customers[id - 1];
  return {
    customer: id,
    name: customer.name,
    company: id % 3 === 1 ? "远航科技" : null,
    level: customer.level,
    owner: customer.owner,
    how,
    tickets: tickets.filter((one) => one.customer === id && one.status !== "archived").map(({ id: key, number, title, status, created_at }) => ({ id: key, number, title, status, opened_at: created_at })),
    contacts: timeline.slice(0, 3).map(({ id: key, kind, at, summary, text, direction, result, recordings }) => ({ id: key, kind, at, summary: summary || text, direction, result, recording: recordings[0]?.id ?? null })),
  };
};

const card = (match, number, candidates) => ({ match, number, e164: number, place: number ? "北京" : null, candidates });

export const CARDS = {
  known: () => card("known", "+8613810000000", [candidate(1)]),
  maybe: () => card("maybe", "+861068881234", [candidate(5, "maybe")]),
  several: () => card("several", "+4930901820", [candidate(1), candidate(3), candidate(10, "maybe")]),
  unknown: () => card("unknown", "+8613912345678", []),
  withheld: () => card("withheld", null, []),
  looking: () => null,
};

let count = 0;
export function pop(kind) {
  const found = CARDS[kind]();
  count += 1;
  return { interaction: String(count).padStart(32, "0"), direction: "inbound", number: kind === "withheld" ? null : (found?.number ?? "+8613512340000"), name: null, queue: count % 2 ? "售后服务" : "support", dialled: "4008001234", entered_at: now() - 14, offered_at: now() - 3, card: found };
}

export function callOf(one, state) {
  const at = now();
  return { interaction: one.interaction, direction: one.direction, number: one.number, name: one.name, queue: one.queue, dialled: one.dialled, state, since: at, answered_at: at - (state === "ended" ? 134 : 0), ended_at: state === "ended" ? at : null, end: state === "ended" ? "completed" : null, recordings: state === "ended" ? ["rec-0"] : [], card: one.card };
}

const queue = (name, waiting, longest, offered, answered, abandoned, short, inTime) => ({ queue: name, waiting, longest_since: waiting ? now() - longest : null, offered, answered, abandoned, short_abandoned: short, in_time: inTime, threshold: 20, wait_sum: answered * 11.4, handled: answered, talk_sum: answered * 187, missed: abandoned ? 3 : 0, missed_since: abandoned ? now() - longest * 60 : null, callbacks: waiting, scores: Math.floor(answered / 6), score_sum: Math.floor(answered / 6) * 4.4, waiting_calls: Array.from({ length: waiting }, (_, index) => ({ interaction: `${name}-${index}`, number: `+8613${800000000 + index * 31}`, name: index % 2 ? null : NAMES[index], since: now() - longest + index * 9 })) });
const agent = (id, name, state, since, more = {}) => ({ agent: id, name, interface: `PJSIP/10${String(id).padStart(2, "0")}`, state, reason: null, since: now() - since, interaction: null, number: null, queue: null, reasons: more.reason ? [more.reason] : [], ...more });

export const board = () => ({
  queues: [queue("售后服务", 3, 48, 214, 189, 22, 6, 121), queue("support", 1, 12, 86, 81, 3, 1, 76), queue("销售热线", 2, 25, 41, 36, 3, 0, 26), queue("vip", 0, 0, 0, 0, 0, 0, 0)],
  agents: [
    agent(1, "李娜", "busy", 133, { interaction: "x", number: "+8613810000000", queue: "售后服务" }),
    agent(2, "张强", "ready", 42),
    agent(3, "Sofia Rossi", "ringing", 4, { interaction: "y", number: "+4930901820", queue: "support" }),
    agent(4, "王磊", "not_ready", 610, { reason: "lunch" }),
    agent(5, "James Wright", "busy", 1893, { interaction: "z", queue: "support" }),
    agent(6, "杨帆", "offline", 40_000),
    agent(7, "黄丽", "wrap_up", 8),
  ],
  day_start: Math.floor(now() / DAY) * DAY,
});

const word = (name, zh, en, position) => ({ name, zh, en, position, active: true });
export const pauseReasons = [word("lunch", "午餐", "Lunch", 1), word("break", "休息", "Break", 2), word("training", "培训", "Training", 3), word("meeting", "会议", "Meeting", 4)];
export const dispositions = [word("solved", "已解决", "Solved", 1), word("callback", "需回访", "Call back", 2), word("complaint", "投诉", "Complaint", 3), word("wrong_number", "打错", "Wrong number", 4)];
export const queues = [
  { name: "售后服务", label: "售后服务", dispositions: ["solved", "callback", "complaint"], disposition_required: true },
  { name: "support", label: "Support", dispositions: [], disposition_required: false },
  { name: "sales", label: "销售热线", dispositions: [], disposition_required: false },
];
export const phones = [
  { interface: "PJSIP/web-1", kind: "browser", state: "UNAVAILABLE" },
  { interface: "PJSIP/1001", kind: "desk", state: "NOT_INUSE" },
];
export const decisions = () => [
  { at: now() - 40, step: "calendar", outcome: "passed", reason: "open", facts: { calendar: "office" } },
  { at: now() - 40, step: "customer_level", outcome: "matched", reason: "level", facts: { level: "VIP", priority: "60", queue: "售后服务" } },
  { at: now() - 40, step: "ticket_owner", outcome: "passed", reason: "not_signed_in", facts: { ticket: "T-2026-000123", agent: "6" } },
  { at: now() - 40, step: "last_agent", outcome: "matched", reason: "wished", facts: { agent: "1", days: "2.0", wait: "20" } },
  { at: now() - 22, step: "offer", outcome: "failed", reason: "timed_out", facts: { agent: "2" } },
  { at: now() - 3, step: "offer", outcome: "chosen", reason: "longest_idle", facts: { agent: "1", queue: "售后服务" } },
];

/** Two seconds of tone and two of silence, over and over: one hears whether seeking is right. */
export function wav(seconds, rate = 8000) {
  const samples = Buffer.alloc(44 + seconds * rate * 2);
  samples.write("RIFF", 0);
  samples.writeUInt32LE(samples.length - 8, 4);
  samples.write("WAVEfmt ", 8);
  for (const [at, value, size] of [[16, 16, 4], [20, 1, 2], [22, 1, 2], [24, rate, 4], [28, rate * 2, 4], [32, 2, 2], [34, 16, 2]]) samples.writeUIntLE(value, at, size);
  samples.write("data", 36);
  samples.writeUInt32LE(seconds * rate * 2, 40);
  for (let index = 0; index < seconds * rate; index += 1) {
    const loud = Math.floor(index / rate) % 4 < 2 ? 9000 : 300;
    samples.writeInt16LE(Math.round(loud * Math.sin((index / rate) * 2 * Math.PI * 330)), 44 + index * 2);
  }
  return samples;
}

export const peaks = (seconds) => ({ seconds, peaks: Array.from({ length: 400 }, (_, index) => Math.abs(Math.sin(index / 9) * Math.cos(index / 31)) * (0.3 + 0.7 * Math.abs(Math.sin(index * 12.9898)))) });
