// The page's one live connection: streams are registered by views, which only ever see their state.
import { computed, reactive, readonly, shallowReactive, shallowRef, type ComputedRef, type ShallowRef } from "vue";

import { isBack } from "./back";
import { setServerNow } from "./clock";
import type { Link, Looker, ServerFrame, Stream, Subscribe } from "./frames";
import { confirmed, fold, forget, nothing, type StreamFrame, type StreamSpec, type StreamState } from "./reducers";
import { LiveSocket, type LinkPhase } from "./socket";

interface Registered<S = unknown> {
  spec: StreamSpec<S>;
  state: ShallowRef<StreamState<S>>;
}

const streams = shallowReactive(new Map<Stream, Registered>());
const connection = reactive({
  phase: "idle" as LinkPhase,
  /** When the service was last heard before it fell silent, in seconds of this machine. */
  lostAt: Date.now() / 1000,
  epoch: null as string | null,
});
/** Interactions we asked to close and have not heard of since. */
const asked = reactive(new Set<string>());
const refused = shallowRef<{ code: string; message: string } | null>(null);

let gateway = "";
let handlers: ConnectionHandlers | null = null;

const socket = new LiveSocket({
  url: () => gateway,
  frame: receive,
  phase(phase, heard) {
    if (connection.phase === "open" || phase === "open") connection.lostAt = heard / 1000;
    if (connection.phase !== "open" && phase === "open") isBack();
    connection.phase = phase;
    if (phase !== "open") doubt();
    if (phase === "ended") handlers?.ended();
  },
  turnedAway: () => handlers?.turnedAway(),
});

/** `gateway_url` may be relative, and may say http: the page's own address completes it. */
export function gatewayUrl(given: string, page: string): string {
  const url = new URL(given, page);
  url.protocol = url.protocol.replace(/^http/, "ws");
  return url.href;
}

export interface ConnectionHandlers {
  /** The gateway says that nobody is signed in any more. */
  ended: () => void;
  /** The gateway did not let us in and a browser cannot say why. */
  turnedAway: () => void;
}

export function connect(gatewayAddress: string, on: ConnectionHandlers): void {
  gateway = gatewayUrl(gatewayAddress, location.href);
  handlers = on;
  socket.open();
}

export function disconnect(): void {
  socket.close();
  asked.clear();
  looking.clear();
  streams.clear(); // the next one to sign in may be somebody else
}

export function useConnection() {
  return readonly(connection);
}

/** What of the links is down; `since` in server or local seconds, whichever clock saw it. */
export interface Staleness {
  what: "service" | "pbx" | "store";
  since: number;
}

export function staleness(
  phase: LinkPhase,
  lostAt: number,
  { data, current }: StreamState<{ link?: Link }>,
): Staleness | null {
  const away = phase === "lost" || phase === "refused" || (data !== null && !current);
  if (away) return { what: "service", since: lostAt };
  const link = data?.link;
  if (link?.pbx === "down") return { what: "pbx", since: link.pbx_since };
  if (link?.store === "down") return { what: "store", since: link.store_since };
  return null;
}

export interface LiveStream<S> {
  data: ComputedRef<S | null>;
  stale: ComputedRef<Staleness | null>;
}

/** State of one stream. The first call registers its reducers and subscribes; it stays subscribed. */
export function useStream<S extends object>(spec: StreamSpec<S>): LiveStream<S> {
  let registered = streams.get(spec.stream) as Registered<S> | undefined;
  if (!registered) {
    registered = { spec, state: shallowRef<StreamState<S>>(nothing) };
    // Kept by its name: what is read back under it has the type of the spec that registered it.
    streams.set(spec.stream, registered as unknown as Registered);
    // Before the welcome nothing is sent: that is when everything registered is subscribed.
    if (connection.phase === "open") subscribe(registered as unknown as Registered);
  }
  const { state } = registered;
  return {
    data: computed(() => state.value.data),
    // Not every stream tells of the links.
    stale: computed(() => staleness(connection.phase, connection.lostAt, state.value as StreamState<{ link?: Link }>)),
  };
}

/** The first thing that is wrong with any stream or with the connection itself, for the whole page. */
export function useStaleness(): ComputedRef<Staleness | null> {
  return computed(() => {
    const states = [...streams.values()].map(({ state }) => state.value as StreamState<{ link?: Link }>);
    const all = [nothing, ...states].map((state) =>
      staleness(connection.phase, connection.lostAt, state),
    );
    return all.find((stale) => stale !== null) ?? null;
  });
}

/** Nothing shown is sure any more, nor whether what was asked for arrived. */
function doubt(): void {
  asked.clear();
  looking.clear();
  for (const { state } of streams.values()) state.value = confirmed(state.value, false);
}

/** Close a pop or an ended call in every tab of this agent; it goes when the server says so. */
export function dismiss(interaction: string): void {
  refused.value = null;
  if (socket.send({ kind: "dismiss", interaction })) asked.add(interaction);
}

/** Who has a ticket open, oneself too: of the tickets that this page has said it shows. */
const looking = shallowReactive(new Map<number, readonly Looker[]>());
export const lookersAt = (ticket: number): readonly Looker[] => looking.get(ticket) ?? [];

/** Say which ticket is shown here, and again at least every 20 s; null: none any more. */
export const look = (ticket: number | null, writing = false): boolean => socket.send({ kind: "look", ticket, writing });

/** Grows whenever another browser of the same person takes over. */
const takenOver = shallowRef(0);
export const takenOverTimes = readonly(takenOver);

export const askedToClose = readonly(asked);
export const lastRefusal = readonly(refused);

window.addEventListener("online", () => {
  socket.hurry();
  isBack(); // a short loss the connection may not have noticed
});

function subscribe({ spec, state }: Registered): void {
  const frame: Subscribe = { kind: "subscribe", stream: spec.stream };
  const { epoch, seq } = state.value;
  socket.send(
    epoch === null || seq === null ? frame : { ...frame, resume_epoch: epoch, resume_seq: seq },
  );
}

function receive(frame: ServerFrame): void {
  switch (frame.kind) {
    case "welcome":
      connection.epoch = frame.epoch;
      setServerNow(frame.now);
      streams.forEach(subscribe);
      break;
    case "beat":
      setServerNow(frame.now);
      break;
    case "refused":
      refused.value = { code: frame.code, message: frame.message };
      asked.clear();
      break;
    case "takenover":
      takenOver.value++;
      break;
    case "lookers":
      looking.set(frame.ticket, frame.people);
      break;
    case "resumed":
      confirm(frame.stream);
      break;
    case "reset": {
      const registered = streams.get(frame.stream);
      if (registered) registered.state.value = forget(registered.state.value);
      break;
    }
    default:
      change(frame);
  }
}

function confirm(stream: Stream): void {
  const registered = streams.get(stream);
  if (registered) registered.state.value = confirmed(registered.state.value, true);
}

function change(frame: StreamFrame): void {
  const registered = streams.get(frame.stream);
  if (!registered || connection.epoch === null) return;
  const { state, gap } = fold(registered.spec, registered.state.value, frame, connection.epoch);
  const askAgain = gap && state.current; // once: the answer is under way for the frames after it
  registered.state.value = gap ? confirmed(state, false) : state;
  if ("interaction" in frame) asked.delete(frame.interaction);
  if (askAgain) subscribe(registered);
}
