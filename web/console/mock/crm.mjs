// Customers with everything around them, pretended: fields, words, tasks, duplicates, people and their rights.
import { customers } from "./data.mjs";

const now = () => Date.now() / 1000;
const DAY = 86_400;
const word = (id, kind, value, label_zh, label_en, retired = false) => ({ id, kind, value, label_zh, label_en, position: id, retired });
const WORDS = [
  word(1, "level", "VIP", "贵宾", "VIP"), word(2, "level", "Gold", "金牌", "Gold"), word(3, "level", "A", "普通", "Standard"),
  word(4, "type", "customer", "客户", "Customer"), word(5, "type", "partner", "合作伙伴", "Partner", true),
  word(6, "source", "call", "来电", "Call"), word(7, "source", "fair", "展会", "Trade fair"),
  word(8, "pending_reason", "customer", "等待客户", "Waiting for the customer"), word(9, "close_reason", "solved", "已解决", "Solved"),
];
const choice = (value, label_zh, label_en) => ({ value, label_zh, label_en, retired: false });
const field = (id, name, kind, label_zh, label_en, more = {}) => ({ id, name, kind, label_zh, label_en, required: false, unique: false, on_pop: false, position: id, retired: false, version: 1, choices: [], ...more });
const FIELDS = [
  field(1, "contract", "text", "合同号", "Contract", { on_pop: true, unique: true }),
  field(2, "renewal", "date", "续约日期", "Renewal"),
  field(3, "staff", "number", "员工人数", "Employees"),
  field(4, "industry", "choice", "行业", "Industry", { choices: [choice("health", "医疗", "Health"), choice("trade", "贸易", "Trade")] }),
  field(5, "products", "choices", "使用产品", "Products", { choices: [choice("router", "路由器", "Router"), choice("cloud", "云服务", "Cloud")] }),
];
const PEOPLE = [{ id: 2, name: "李娜", team: 1 }, { id: 3, name: "周建国", team: 2 }];
const TEAMS = [{ id: 1, name: "客户服务", parent: null, members: 4 }, { id: 2, name: "企业客户", parent: 1, members: 1 }];
const RIGHTS = ["customer.read", "customer.write", "customer.merge", "customer.import", "crm.configure", "ticket.read", "ticket.write", "call.control", "recording.listen", "queue.manage", "user.manage", "role.manage", "audit.read"];
const SCOPES = ["own", "team", "all"];
const role = (name, rights, users, built_in = true) => ({ name, label: built_in ? "" : name, built_in, users, rights: Object.fromEntries(rights.map((right, place) => [right, SCOPES[place % 3]])) });
const ROLES = [role("administrator", RIGHTS, 1), role("agent", RIGHTS.slice(0, 2), 5), role("夜班", RIGHTS.slice(0, 7), 0, false)];
const USERS = PEOPLE.map(({ id, name, team }, place) => ({ id, username: place ? "zhou" : "li.na", display_name: name, language: "zh", active: place === 0, created_at: now() - 90 * DAY, roles: ["agent"], team, codes: place === 0 }));
const SESSIONS = [{ id: "a", created_at: now() - DAY, last_seen_at: now() - 40, expires_at: now() + DAY, address: "10.0.0.7", user_agent: "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36", current: true }];
const tasks = [{ id: 1, customer: 1, customer_name: "王芳", interaction: null, title: "回访发票", notes: null, due_at: now() - DAY, assignee: 2, assignee_name: "李娜", created_by: 2, created_by_name: "李娜", created_at: now() - 2 * DAY, done_at: null, done_by: null, done_by_name: null, version: 1 }];

/** A row of the list, from what the rest of the mock knows. */
export const line = (one) => ({ type: "customer", source: "call", owner_id: one.owner ? 3 : null, team_id: null, team: null, language: "zh", do_not_call: one.id % 7 === 0, account_number: null, tax_number: null, created_at: now() - 300 * DAY, updated_at: now() - one.id * DAY, tags: one.id % 3 ? [] : ["重点", "newsletter"], custom: one.id % 2 ? { contract: `HT-${one.id}` } : {}, ...one, numbers: one.numbers.map(({ e164 }) => e164) });
export const full = (one) => ({ ...line(one), owned_at: null, birthday: null, notes: "每月 25 日对账。", version: 1, contacts: [{ id: 1, name: "王芳", role: "财务" }], emails: [{ id: 1, email: "wang@example.com", label: null, contact: 1 }], addresses: [{ id: 1, label: null, country: "CN", region: "广东", city: "深圳", street: "科技路 1 号", postcode: "518000" }], numbers: one.numbers.map((number) => ({ extension: null, contact: null, switchboard: false, ...number })) });
const candidate = (one) => ({ customer: one.id, kind: one.kind, name: one.name, level: one.level, owner: one.owner, numbers: line(one).numbers, score: 0.72, reasons: [{ why: "same_number", value: line(one).numbers[0], weight: 0.6 }] });
const side = ({ id, kind, name }) => ({ customer: id, kind, name });
const merge = { id: 1, target: 1, target_name: customers[0].name, source: 13, source_name: customers[12].name, at: now() - DAY, by: "李娜", chosen: {}, moved: {}, undone_at: null, undone_by: null };
const audited = (id, action, object, before, after) => ({ id, at: now() - id * 900, actor: 2, actor_name: "李娜", action, object, before, after, address: "10.0.0.7", hash: "0f".repeat(32) });
const list = (items) => ({ items, next: null });

export const CRM = [
  [/^GET \/people$/, () => list(PEOPLE)],
  [/^GET \/teams$/, () => list(TEAMS)],
  [/^GET \/fields$/, () => list(FIELDS)],
  [/^GET \/dictionary\/(\w+)$/, ([kind]) => list(WORDS.filter((one) => one.kind === kind))],
  [/^GET \/pool-rules$/, () => ({ levels: [{ level: "VIP", days: 30 }, { level: null, days: 90 }], most_owned: 200 })],
  [/^GET \/roles$/, () => ({ items: ROLES, rights: RIGHTS.map((right) => ({ right, scopes: right.startsWith("user") ? ["all"] : SCOPES })) })],
  [/^GET \/users$/, () => list(USERS)],
  [/^GET \/(?:me|users\/\d+)\/sessions$/, () => list(SESSIONS)],
  [/^GET \/me\/totp$/, () => ({ enabled_at: null, recovery_codes: 0 })],
  [/^POST \/me\/totp$/, () => ({ secret: "JBSWY3DPEHPK3PXP", uri: "otpauth://totp/Callcenter:li.na?secret=JBSWY3DPEHPK3PXP&issuer=Callcenter" })],
  [/^GET \/audit$/, () => list([audited(2, "role.change", "role/agent", { rights: { "customer.read": "own" } }, { rights: { "customer.read": "all" } }), audited(1, "sign_in", "user/2", null, null)])],
  [/^GET \/tasks$/, (_, query) => list(tasks.filter((one) => String(one.customer) === query.get("customer")))],
  [/^POST \/tasks$/, (_, __, body) => (tasks.push({ ...tasks[0], id: tasks.length + 1, notes: null, done_at: null, ...body }), tasks.at(-1))],
  [/^PATCH \/tasks\/(\d+)$/, ([id], __, body) => Object.assign(tasks[id - 1], { done_at: body.done ? now() : null, version: body.version + 1 })],
  [/^GET \/customers\/(\d+)\/duplicates$/, ([id]) => list(id === "1" ? [candidate(customers[12])] : [])],
  [/^POST \/duplicates\/check$/, (_, __, body) => list(body.name.includes("王") ? [candidate(customers[0])] : [])],
  [/^GET \/duplicates$/, () => list([{ id: 1, first: side(customers[0]), second: side(customers[12]), score: 0.72, reasons: candidate(customers[12]).reasons, found_at: now() }])],
  [/^GET \/merges$/, () => list([merge])],
  [/^POST \/customers\/(\d+)\/merge$/, () => merge],
  [/^GET \/search$/, (_, query) => ({ customers: customers.filter(({ name }) => name.includes(query.get("q"))).slice(0, 6).map((one) => ({ ...one, number: line(one).numbers[0], why: "name", matched: one.name })), contacts: [], tickets: [], more: [] })],
  [/^GET \/imports$/, () => list([])],
  [/^GET \/import-fields$/, () => list([{ code: "name", label_zh: "客户名称", label_en: "Name", several: false, custom: false }, { code: "phone", label_zh: "电话", label_en: "Phone", several: true, custom: false }])],
];
