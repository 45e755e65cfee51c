// The built console with a pretended service behind it: for looking at it, never for testing the real one.
//
//   node mock/server.mjs [port]      then POST /mock/<action> makes things happen, see ACTIONS
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

import { WebSocketServer } from "ws";

import { CRM, full, line } from "./crm.mjs";
import * as data from "./data.mjs";
import { emptySetup, fullSetup, SETUP } from "./setup.mjs";
import * as owed from "./work.mjs";
import * as whatif from "./whatif.mjs";

const STATIC = process.env.STATIC ?? join(dirname(fileURLToPath(import.meta.url)), "../../static");
const PORT = Number(process.argv[2] ?? 8099);
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; connect-src 'self' ws:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const RIGHTS = { agent: ["customer.read", "customer.write", "interaction.read", "interaction.write", "ticket.read", "ticket.write", "recording.read", "recording.listen", "board.read", "agent.state", "call.control", "work.handle"], supervisor: ["customer.read", "board.read", "queue.simulate"], admin: ["customer.read", "customer.write", "customer.merge", "customer.import", "customer.export", "customer.assign", "crm.configure", "user.manage", "role.manage", "team.manage", "audit.read", "board.read", "queue.manage", "agent.manage"], nobody: [] };
const now = () => Date.now() / 1000;

let signedIn = null; // user name
let slow = 0; // ms before every answer
let broken = false; // every answer is a 503
const settings = { language: "zh", theme: "light" };
const OFFLINE = { agent: 1, name: "李娜", state: "offline", reasons: [], since: now(), until: null, interaction: null, queue: null, pending: null, phone: null };
const live = { agent: OFFLINE, epoch: "epoch-1", seq: { me: 0, board: 0, work: 0, tickets: 0 }, pops: [], calls: [], link: { pbx: "up", pbx_since: now(), store: "up", store_since: now() }, board: data.board() };
let beating = true;

const view = () => ({
  user: { id: 2, username: signedIn, display_name: signedIn === "agent" ? "李娜" : signedIn, roles: [signedIn], rights: RIGHTS[signedIn], ...settings },
  agent: signedIn === "agent" ? { id: 1, name: "李娜", interfaces: ["PJSIP/1001"] } : null,
  csrf: "token",
  gateway_url: `ws://127.0.0.1:${PORT}/live`,
});

// --- live ---------------------------------------------------------------------------------

const sockets = new WebSocketServer({ noServer: true });
const tell = (frame) => sockets.clients.forEach((client) => client.send(JSON.stringify(frame)));
const change = (stream, frame) => tell({ ...frame, stream, seq: ++live.seq[stream] });
const STATES = {
  me: () => ({ pops: live.pops, calls: live.calls, link: live.link, agent: live.agent }),
  board: () => ({ ...live.board, link: live.link }),
  work: () => ({ ...owed.state(), link: live.link }),
  tickets: () => ({ views: [], link: live.link }),
};
const snapshot = (stream) => ({ kind: "snapshot", stream, seq: live.seq[stream], [stream]: STATES[stream]() });

sockets.on("connection", (client) => {
  client.send(JSON.stringify({ kind: "welcome", user: 2, agent: 1, epoch: live.epoch, now: now(), beat: 5 }));
  client.on("message", (text) => {
    const frame = JSON.parse(text);
    if (frame.kind === "subscribe") client.send(JSON.stringify(snapshot(frame.stream)));
    if (frame.kind === "dismiss") setTimeout(() => dismiss(frame.interaction), 400);
  });
});
setInterval(() => beating && tell({ kind: "beat", now: now() }), 5000).unref();

function dismiss(interaction) {
  if (live.pops.some((one) => one.interaction === interaction)) return withdraw(interaction, "dismissed");
  live.calls = live.calls.filter((one) => one.interaction !== interaction);
  return change("me", { kind: "callclosed", interaction });
}
function withdraw(interaction, reason) {
  live.pops = live.pops.filter((one) => one.interaction !== interaction);
  change("me", { kind: "popwithdrawn", interaction, reason });
}
function put(call) {
  live.calls = [...live.calls.filter((one) => one.interaction !== call.interaction), call];
  change("me", { kind: "callchanged", call });
}

/** My state is what the service says a moment after it was asked, never at once. */
function become(state, more = {}) {
  live.agent = { ...live.agent, state, reasons: [], since: now(), until: null, interaction: null, queue: null, pending: null, ...more };
  change("me", { kind: "agentstatuschanged", agent: live.agent });
}
const soon = (...wanted) => void setTimeout(() => become(...wanted), 300);
const calling = () => live.calls.findLast((one) => one.state !== "ended");
const turn = (state) => setTimeout(() => calling() && put({ ...calling(), state, since: now() }), 300);

const simulated = { empty: false, stuck: false };

const ACTIONS = {
  simulated: (mode) => Object.assign(simulated, { empty: mode === "empty", stuck: mode === "stuck" }),
  state: (state) => become(state, state === "wrap_up" ? { until: now() + 28, queue: "售后服务", interaction: live.calls.at(-1)?.interaction ?? null } : {}),
  phone(state) {
    live.agent = { ...live.agent, phone: { interface: "PJSIP/1001", kind: "desk", state } };
    become(live.agent.state);
  },
  ring(kind = "known") {
    const pop = data.pop(kind);
    live.pops.push(pop);
    change("me", { kind: "popoffered", pop });
  },
  answer() {
    const pop = live.pops[0];
    withdraw(pop.interaction, "answered");
    put(data.callOf(pop, "talking"));
  },
  end() {
    const call = calling();
    put({ ...data.callOf(call, "ended"), answered_at: call.answered_at - 134 });
  },
  pbx(state) {
    live.link = { ...live.link, pbx: state, pbx_since: now() - 95 };
    change("me", { kind: "linkchanged", link: live.link });
    change("board", { kind: "linkchanged", link: live.link });
    change("work", { kind: "linkchanged", link: live.link });
  },
  owe(what) {
    owed.ACTIONS[what]();
    change("work", { kind: "workupdated", ...owed.state(), changed: [] });
    tell(snapshot("work"));
  },
  silence: () => (beating = false),
  cut() {
    beating = false;
    sockets.clients.forEach((client) => client.terminate());
  },
  heal: () => (beating = true),
  slow: (ms) => (slow = Number(ms)),
  broken: (yes) => (broken = yes === "yes"),
  board() {
    const row = { ...live.board.queues[1], waiting: 7, longest_since: now() - 61 };
    live.board.queues[1] = row;
    change("board", { kind: "boardchanged", queues: [row], agents: [], gone_queues: [], gone_agents: [] });
  },
  emptyboard() {
    live.board = { ...live.board, queues: [], agents: [] };
    tell(snapshot("board"));
  },
  emptysetup: () => emptySetup(),
  fullsetup: () => fullSetup(),
  clear() {
    Object.assign(live, { agent: OFFLINE, pops: [], calls: [], board: data.board() });
    tell(snapshot("me"));
    tell(snapshot("board"));
  },
};

// --- HTTP ---------------------------------------------------------------------------------

const page = (items, query, size) => {
  const from = Number(query.get("cursor") ?? 0);
  return { items: items.slice(from, from + size), next: from + size < items.length ? String(from + size) : null };
};
const find = (query) => data.customers.filter((one) => !query.get("q") || one.name.includes(query.get("q")) || one.numbers[0].e164.includes(query.get("q")));
const fail = (status, code) => ({ status, error: { code, message: code, request_id: "3f1c9a2e" } });

const API = [
  [/^POST \/session$/, (_, __, body) => (body.password === "right" && RIGHTS[body.username] ? ((signedIn = body.username), view()) : fail(401, "wrong_credentials"))],
  [/^GET \/session$/, () => (signedIn ? view() : fail(401, "unauthenticated"))],
  [/^DELETE \/session$/, () => void (signedIn = null)],
  [/^PATCH \/me$/, (_, __, body) => ({ ...view().user, ...Object.assign(settings, body) })],
  [/^GET \/customers$/, (_, query) => page(find(query).map(line), query, Number(query.get("limit") ?? 50))],
  [/^POST \/customers$/, (_, __, body) => (data.customers.push({ id: data.customers.length + 1, level: null, owner: null, ...body, numbers: body.numbers.map((one, id) => ({ id, raw: one.number, e164: one.number, label: one.label ?? null })) }), data.customers.at(-1))],
  [/^GET \/customers\/(\d+)$/, ([id]) => (data.customers[id - 1] ? full(data.customers[id - 1]) : fail(404, "not_found"))],
  [/^GET \/customers\/(\d+)\/timeline$/, ([id], query) => page(id === "137" ? [] : data.timeline, query, 10)],
  [/^POST \/customers\/(\d+)\/notes$/, (_, __, body) => (data.timeline.unshift({ ...data.timeline[2], id: Date.now(), at: now(), ...body }), data.timeline[0])],
  [/^GET \/interactions\/(\w+)$/, ([id]) => ({ id, customer: null })],
  [/^POST \/interactions\/(\w+)\/note$/, (_, __, body) => (data.timeline.unshift({ ...data.timeline[2], id: Date.now(), at: now(), text: body.text }), data.timeline[0])],
  [/^PUT \/interactions\/(\w+)\/customer$/, ([id], __, body) => ({ id, customer: { id: body.customer, name: data.customers[body.customer - 1].name, picked: true } })],
  [/^GET \/tickets$/, (_, query) => page(data.tickets.filter((one) => one.customer === Number(query.get("customer")) && one.status !== "archived"), query, 50)],
  [/^POST \/tickets$/, (_, __, body) => (data.tickets.unshift({ id: Date.now(), number: "T-2026-000124", status: "new", created_at: now(), ...body }), data.tickets[0])],
  [/^GET \/me\/phones$/, () => ({ items: data.phones })],
  [/^POST \/me\/agent\/sign-in$/, (_, __, body) => soon("not_ready", { reasons: ["signed_in"], phone: data.phones.find((one) => one.interface === body.interface) })],
  [/^POST \/me\/agent\/sign-out$/, () => soon("offline", { phone: null })],
  [/^POST \/me\/agent\/ready$/, () => soon("ready")],
  [/^POST \/me\/agent\/not-ready$/, (_, __, body) => (calling() ? soon("busy", { pending: "not_ready" }) : soon("not_ready", { reasons: [body.reason] }))],
  [/^POST \/me\/agent\/wrap-up\/finish$/, () => soon("ready")],
  [/^POST \/me\/agent\/wrap-up\/extend$/, (_, __, body) => soon("wrap_up", { until: live.agent.until + body.seconds, since: live.agent.since, queue: live.agent.queue, interaction: live.agent.interaction })],
  [/^POST \/me\/phone\/credentials$/, () => (process.env.PHONE ? JSON.parse(process.env.PHONE) : fail(503, "unreachable"))],
  ...SETUP,
  ...CRM,
  [/^POST \/calls$/, (_, __, body) => (body.number.startsWith("+49") ? fail(403, "forbidden") : void setTimeout(() => put({ ...data.callOf(data.pop("known"), "dialling"), direction: "outbound", queue: null, answered_at: null }), 400))],
  [/^POST \/calls\/(\w+)\/hangup$/, () => void setTimeout(() => ACTIONS.end(), 300)],
  [/^POST \/calls\/(\w+)\/hold$/, () => void turn("held")],
  [/^POST \/calls\/(\w+)\/resume$/, () => void turn("talking")],
  [/^POST \/calls\/(\w+)\/transfer$/, (_, __, body) => (body.number === "300" ? fail(422, "invalid_input") : undefined)],
  [/^POST \/calls\/(\w+)\/(transfer\/(complete|cancel)|conference)$/, () => undefined],
  [/^GET \/interactions\/(\w+)\/dispositions$/, () => ({ items: [], offered: [] })],
  [/^PUT \/interactions\/(\w+)\/disposition$/, () => undefined],
  [/^GET \/interactions\/(\w+)\/decisions$/, () => ({ items: data.decisions() })],
  ...owed.api((frame) => change("work", frame), fail),
  [/^POST \/callbacks$/, (_, __, body) => ({ id: 1, ...body })],
  ...whatif.api(fail, simulated),
  [/^GET \/recordings\/([\w-]+)\/peaks$/, () => data.peaks(93)],
];

async function api(request, url) {
  const line = `${request.method} ${url.pathname.slice("/api/v1".length)}`;
  let text = "";
  for await (const chunk of request) text += chunk;
  await new Promise((done) => setTimeout(done, slow));
  if (broken && !line.includes("session")) return fail(503, "store_unavailable");
  for (const [pattern, answer] of API) {
    const match = pattern.exec(line);
    if (match) return answer(match.slice(1), url.searchParams, text ? JSON.parse(text) : {});
  }
  return fail(404, "not_found");
}

const sound = data.wav(93);
function audio(request, response) {
  const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "bytes=0-") ?? [];
  const end = to ? Number(to) : sound.length - 1;
  response.writeHead(206, { "Content-Type": "audio/wav", "Accept-Ranges": "bytes", "Content-Length": end - from + 1, "Content-Range": `bytes ${from}-${end}/${sound.length}` });
  response.end(sound.subarray(Number(from), end + 1));
}

function file(path, response) {
  const wanted = join(STATIC, normalize(path));
  const found = extname(wanted) && existsSync(wanted) ? wanted : join(STATIC, "index.html");
  response.writeHead(200, { "Content-Type": TYPES[extname(found)] ?? "application/octet-stream", "Content-Security-Policy": POLICY });
  createReadStream(found).pipe(response);
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, "http://mock");
  if (url.pathname.startsWith("/mock/")) {
    const [, , action, argument] = url.pathname.split("/");
    ACTIONS[action](argument);
    return response.end("ok");
  }
  if (url.pathname.endsWith("/audio")) return audio(request, response);
  if (!url.pathname.startsWith("/api/")) return file(url.pathname, response);
  const answer = await api(request, url);
  if (answer === undefined) return response.writeHead(204).end();
  response.writeHead(answer.status && answer.error ? answer.status : 200, { "Content-Type": "application/json" });
  return response.end(JSON.stringify(answer));
});
server.on("upgrade", (request, socket, head) => {
  if (!beating) return socket.destroy();
  return sockets.handleUpgrade(request, socket, head, (client) => sockets.emit("connection", client));
});
server.listen(PORT, "127.0.0.1", () => console.log(`http://127.0.0.1:${PORT}  sign in as agent, supervisor, admin or nobody with the password "right"`));
