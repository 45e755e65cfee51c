// The page's browser telephone: which tab has it, when it is there, what it does now, and what one can ask of it.
import { computed, onScopeDispose, shallowRef, watch } from "vue";

import { agentApi } from "@/api/calls";
import { takenOverTimes } from "@/live/live";

import * as devices from "./devices";
import { Tabs } from "./leader";
import { judge, newWatch, sampleOf, type Watch } from "./quality";
import { library, sipPhone, type SipPhone } from "./sip";
import { frontLeg, happened, inCall, OFF, ringingLeg, type Happening, type Refusal, type Telephone } from "./state";

type Command =
  | { kind: "answer" | "hangup"; id: string }
  | { kind: "hold" | "mute"; id: string; on: boolean }
  | { kind: "keys"; id: string; tones: string }
  | { kind: "microphone" }
  | { kind: "again" };

const SAMPLE = 2_000; // ms between two looks at the quality

const state = shallowRef<Telephone>(OFF);
const mine = shallowRef(false);
let tabs: Tabs<Telephone, Command> | null = null;
let sip: SipPhone | null = null;
const watches = new Map<string, Watch>();
let round = 0;
let taken = false; // by another browser of mine, during a call that was left in peace

export const telephone = computed(() => state.value);
/** Whether this tab is the one that has the telephone. */
export const isHere = computed(() => mine.value);
export const leg = computed(() => frontLeg(state.value));
export const ringing = computed(() => ringingLeg(state.value));

const seconds = () => Date.now() / 1000;

function tell(what: Happening): void {
  state.value = happened(state.value, what);
  if (what.kind === "ended") watches.delete(what.id);
  if (what.kind === "ended" && taken) giveUp();
  tabs?.tell();
}

const refused = (refusal: Refusal) => tell({ kind: "refused", refusal });

async function start(): Promise<void> {
  stopSip();
  const own = ++round;
  tell({ kind: "started" });
  if (!window.isSecureContext) return refused("insecure");
  if (!("RTCPeerConnection" in window)) return refused("unsupported");
  const given = await Promise.all([agentApi.credentials(), library()]).catch(() => null);
  if (own !== round || !mine.value) return;
  if (!given) return refused("credentials");
  const [credentials, ua] = given;
  sip = sipPhone(credentials, tell, { ua, microphone: devices.openMicrophone, hear: devices.hear, now: seconds });
}

function stopSip(): void {
  round++;
  taken = false;
  sip?.stop();
  sip = null;
  watches.clear();
}

function act(command: Command): void {
  switch (command.kind) {
    case "again":
      return void start();
    case "microphone":
      return void sip?.replaceMicrophone().catch(() => undefined);
    case "answer":
      return void sip?.answer(command.id).catch(() => undefined); // what went wrong is in the state
    case "hangup":
      return sip?.hangup(command.id);
    case "keys":
      return sip?.keys(command.id, command.tones);
    default:
      return sip?.[command.kind](command.id, command.on);
  }
}

/** Called with the agent whose telephone is the browser's, with null when it is not (any more). */
export function usePhoneOf(agent: () => number | null): void {
  watch(agent, (now) => (now === null ? leave() : join(now)), { immediate: true });
  watch(takenOverTimes, giveUp);
  onScopeDispose(leave);
}

function join(agent: number): void {
  leave();
  const name = `callcenter.phone.${agent}`;
  tabs = new Tabs<Telephone, Command>(name, new BroadcastChannel(name), {
    lead() {
      mine.value = true;
      void start();
    },
    act,
    show: (shown) => (state.value = shown),
    state: () => state.value,
  });
  tabs.join("locks" in navigator ? navigator.locks : null);
}

/** Another browser of mine has it now; two must not fight over one registration. */
function giveUp(): void {
  taken = true;
  if (!mine.value || inCall(state.value)) return;
  stopSip();
  refused("taken");
}

function leave(): void {
  if (mine.value) {
    stopSip();
    tell({ kind: "stopped" });
  }
  tabs?.leave();
  tabs = null;
  mine.value = false;
  state.value = OFF;
}

const ask = (command: Command) => tabs?.ask(command);
export const phone = {
  answer: (id: string) => ask({ kind: "answer", id }),
  hangup: (id: string) => ask({ kind: "hangup", id }),
  hold: (id: string, on: boolean) => ask({ kind: "hold", id, on }),
  mute: (id: string, on: boolean) => ask({ kind: "mute", id, on }),
  keys: (id: string, tones: string) => ask({ kind: "keys", id, tones }),
  /** Registers anew, with new credentials: after "taken", or when the microphone was given. */
  again: () => ask({ kind: "again" }),
  async choose(kind: devices.DeviceKind, id: string): Promise<void> {
    await devices.chooseDevice(kind, id);
    if (kind === "microphone") ask({ kind: "microphone" });
  },
};

async function look(id: string, held: boolean): Promise<void> {
  const report = await sip?.statistics(id);
  if (!report) return;
  const now = sampleOf(report.values(), seconds());
  const { watch: next, health } = judge(watches.get(id) ?? newWatch(now.at), now, held);
  watches.set(id, next);
  tell({ kind: "health", id, health });
}

setInterval(() => {
  for (const one of mine.value ? state.value.legs : []) if (one.stage === "talking") void look(one.id, one.held);
}, SAMPLE);

window.addEventListener("online", () => sip?.networkChanged());
window.addEventListener("beforeunload", (event) => {
  if (mine.value && inCall(state.value)) event.preventDefault(); // the browser asks whether one means it
});
window.addEventListener("pagehide", () => sip?.stop());
