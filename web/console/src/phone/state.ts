// What the browser's telephone is doing, as a pure function of what happened: no SIP, no sound, no clock.
import type { Health } from "./quality";

export type Registration = "off" | "connecting" | "registered" | "lost" | "refused";

/** Why there is no telephone here though there should be. */
export type Refusal =
  | "microphone" // the browser or the person does not give it
  | "insecure" // browsers give no microphone to pages without HTTPS
  | "taken" // another browser of the same person registered after us
  | "credentials" // the service gave none
  | "unsupported";

export type LegStage = "ringing" | "answering" | "dialling" | "talking" | "ending";
export type Media = "flowing" | "broken" | "restarting";

/** One call of this telephone. `asked` is a wish the PBX has not confirmed yet. */
export interface Leg {
  id: string;
  direction: "in" | "out";
  number: string | null;
  name: string | null;
  stage: LegStage;
  since: number; // seconds of this machine
  held: boolean;
  asked: "hold" | "resume" | null;
  muted: boolean;
  media: Media;
  health: Health | null;
}

export interface Telephone {
  registration: Registration;
  refusal: Refusal | null;
  legs: readonly Leg[];
}

export type NewLeg = Pick<Leg, "id" | "direction" | "number" | "name" | "since">;

export type Happening =
  | { kind: "started" }
  | { kind: "stopped" }
  | { kind: "registered" }
  | { kind: "lost" }
  | { kind: "refused"; refusal: Refusal }
  | { kind: "leg"; leg: NewLeg }
  | { kind: "answering"; id: string }
  | { kind: "talking"; id: string; since: number }
  | { kind: "ending"; id: string }
  | { kind: "ended"; id: string }
  | { kind: "asked"; id: string; wish: "hold" | "resume" }
  | { kind: "held"; id: string; held: boolean }
  | { kind: "muted"; id: string; muted: boolean }
  | { kind: "media"; id: string; media: Media }
  | { kind: "health"; id: string; health: Health };

export const OFF: Telephone = { registration: "off", refusal: null, legs: [] };

type OfKind<K extends Happening["kind"]> = Extract<Happening, { kind: K }>;
type Table = { [K in Happening["kind"]]: (phone: Telephone, what: OfKind<K>) => Telephone };

/** The leg at `id` with what changed; the same state when there is none, or when it is going already. */
function change(phone: Telephone, id: string, next: (leg: Leg) => Partial<Leg>): Telephone {
  const at = phone.legs.findIndex((leg) => leg.id === id);
  const leg = phone.legs[at];
  if (!leg || leg.stage === "ending") return phone;
  return { ...phone, legs: phone.legs.with(at, { ...leg, ...next(leg) }) };
}

function newLeg(leg: NewLeg): Leg {
  const stage = leg.direction === "in" ? "ringing" : "dialling";
  return { ...leg, stage, held: false, asked: null, muted: false, media: "flowing", health: null };
}

const HAPPENINGS: Table = {
  started: () => ({ ...OFF, registration: "connecting" }),
  stopped: () => OFF,
  registered: (phone) => ({ ...phone, registration: "registered", refusal: null }),
  // Calls go on without the signalling: their sound takes another way.
  lost: (phone) => (phone.registration === "off" || phone.registration === "refused" ? phone : { ...phone, registration: "lost" }),
  refused: (phone, { refusal }) => ({ ...phone, registration: "refused", refusal }),
  leg: (phone, { leg }) => (phone.legs.some((one) => one.id === leg.id) ? phone : { ...phone, legs: [...phone.legs, newLeg(leg)] }),
  answering: (phone, { id }) => change(phone, id, (leg) => (leg.stage === "ringing" ? { stage: "answering" } : {})),
  talking: (phone, { id, since }) => change(phone, id, (leg) => (leg.stage === "talking" ? {} : { stage: "talking", since })),
  ending: (phone, { id }) => change(phone, id, () => ({ stage: "ending", asked: null })),
  ended: (phone, { id }) => ({ ...phone, legs: phone.legs.filter((leg) => leg.id !== id) }),
  asked: (phone, { id, wish }) => change(phone, id, (leg) => (leg.stage === "talking" ? { asked: wish } : {})),
  held: (phone, { id, held }) => change(phone, id, () => ({ held, asked: null })),
  muted: (phone, { id, muted }) => change(phone, id, () => ({ muted })),
  media: (phone, { id, media }) => change(phone, id, () => ({ media })),
  health: (phone, { id, health }) => change(phone, id, () => ({ health })),
};

export function happened(phone: Telephone, what: Happening): Telephone {
  // The table's key and the happening's kind are the same string; TypeScript cannot follow that.
  return (HAPPENINGS[what.kind] as (phone: Telephone, what: Happening) => Telephone)(phone, what);
}

/** The call one hears now: what is talked to, else what is under way, else what rings. */
export function frontLeg(phone: Telephone): Leg | null {
  const first = (...stages: LegStage[]) => phone.legs.find((leg) => stages.includes(leg.stage));
  return first("talking") ?? first("dialling", "answering") ?? first("ringing") ?? first("ending") ?? null;
}

export const ringingLeg = (phone: Telephone): Leg | null => phone.legs.find((leg) => leg.stage === "ringing") ?? null;

/** Whether closing this page would cut somebody off. */
export const inCall = (phone: Telephone): boolean => phone.legs.some((leg) => leg.stage === "talking" || leg.stage === "answering");
