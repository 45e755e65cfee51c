// Missed calls and callbacks for looking at the lists: pretended, and changed by what one clicks.
import { customers } from "./data.mjs";

const now = () => Date.now() / 1000;
const QUEUES = ["售后服务", "support", "销售热线"];
const KINDS = ["abandoned", "unanswered", "voicemail"];

const missedCall = (index) => {
  const age = [130, 1100, 2300, 5000, 9000, 20_000, 90_000][index % 7] * (1 + index / 9);
  const person = index % 3 === 0 ? customers[index] : null;
  return { id: index + 1, number: index === 4 ? null : `138${10_000_000 + index * 7919}`, e164: null, name: index % 3 === 1 ? "LI WEI" : null, customer: person && { id: person.id, name: person.name }, queue: QUEUES[index % 3], kind: KINDS[index % 3], short: index === 3, interaction: String(index).padStart(32, "0"), first_at: now() - age, last_at: now() - age / 2, tries: 1 + ((index * 2) % 5), state: index === 1 ? "claimed" : "open", claimed_by: index === 1 ? 9 : null, claimed_name: index === 1 ? "张强" : null, claimed_at: null, done_at: null, done_name: null, reason: null, closed_by: null };
};
const callback = (index) => ({ id: index + 1, number: `139${20_000_000 + index * 7919}`, e164: null, customer: index % 2 ? { id: 4, name: customers[3].name } : null, queue: QUEUES[index % 3], joined_at: now() - 900 * (index + 1), state: index === 1 ? "offered" : "waiting", requested_by: index % 2 ? "agent" : "caller", created_by: index % 2 ? "王磊" : null, created_at: now() - 900 * (index + 1), interaction: null, note: index === 1 ? "报价单改好后回电，找采购部" : null, wished_agent: null, wished_name: index === 3 ? "李娜" : null, scheduled_at: null, window: null, next_at: now() + [-1200, -60, 1800, 80_000][index % 4], by: index === 1 ? 1 : null, by_name: index === 1 ? "李娜" : null, offered_at: null, done_at: null, result: null, closed_by: null, attempts: index === 2 ? [{ number: 1, agent: "张强", at: now() - 4000, ended_at: now() - 3970, result: "busy", interaction: null }, { number: 2, agent: "杨帆", at: now() - 2000, ended_at: now() - 1960, result: "no_answer", interaction: null }] : [] });

const missed = Array.from({ length: 9 }, (_, index) => missedCall(index));
const callbacks = Array.from({ length: 4 }, (_, index) => callback(index));
let empty = false;
let offered = false;

const isOver = ({ state }) => ["done", "failed", "cancelled"].includes(state);
const open = (rows) => (empty ? [] : rows.filter((one) => !isOver(one)));
const MINE = { mine: (one) => one.claimed_by === 2 || one.created_by === "李娜" };
const page = (rows, query) => {
  const state = query.get("state");
  const wanted = state === "done" ? rows.filter(isOver) : open(rows).filter(MINE[state] ?? (() => true));
  const found = wanted.filter((one) => (!query.get("q") || one.number?.includes(query.get("q"))) && (!query.get("queue") || one.queue === query.get("queue")));
  return { items: found, next: null, open: found.length };
};

export function state() {
  const nobodys = open(missed).filter((one) => one.state === "open");
  return { missed: nobodys.length, claimed: open(missed).length - nobodys.length, oldest: Math.min(...nobodys.map((one) => one.first_at), now()), callbacks: open(callbacks).length, offers: offered ? [{ callback: 2, agent: 1, queue: callbacks[1].queue, since: callbacks[1].joined_at }] : [] };
}

/** The rows of the API; `tell` pushes what has changed, a moment later. */
export function api(tell, fail) {
  const told = (kind, row) => void setTimeout(() => tell({ kind: "workupdated", ...state(), changed: [{ kind, id: row.id, state: row.state }] }), 300);
  const change = (kind, row, values) => (told(kind, Object.assign(row, values)), row);
  const claim = (row) => (row.id === 5 ? { status: 409, error: { code: "claimed", message: "", request_id: "3f1c9a2e", values: { name: "张强", at: now() } } } : change("missed", row, { state: "claimed", claimed_by: 2, claimed_name: "李娜" }));
  const steps = {
    claim,
    call: claim,
    release: (row) => change("missed", row, { state: "open", claimed_by: null, claimed_name: null }),
    done: (row, { reason }) => change("missed", row, { state: "done", reason, done_at: now(), done_name: "李娜" }),
  };
  const promised = {
    accept: (row) => ((offered = false), change("callback", row, { state: "dialling", by: 1, by_name: "李娜" })),
    decline: (row) => ((offered = false), change("callback", row, { state: "waiting", by: null })),
    cancel: (row) => change("callback", row, { state: "cancelled", done_at: now() }),
  };
  return [
    [/^GET \/work$/, (_, query) => page(missed, query)],
    [/^POST \/work\/(\d+)\/(\w+)$/, ([id, step], _, body) => steps[step](missed[id - 1], body)],
    [/^GET \/callbacks$/, (_, query) => page(callbacks, query)],
    [/^GET \/callbacks\/(\d+)$/, ([id]) => callbacks[id - 1] ?? fail(404, "not_found")],
    [/^POST \/callbacks\/(\d+)\/(\w+)$/, ([id, step]) => promised[step](callbacks[id - 1])],
  ];
}

export const ACTIONS = {
  offer: () => (offered = true),
  nothing: () => (empty = true),
  something: () => (empty = false),
};
