// How well the two hear each other, from the browser's own counters: pure, two samples in, a verdict out.

/** Counters at one instant, as getStats gives them; totals since the call began. */
export interface Sample {
  at: number; // seconds
  received: number; // packets
  lost: number; // packets that did not arrive here
  sent: number; // packets
  jitter: number | null; // seconds
  rtt: number | null; // seconds, there and back
  remoteLost: number | null; // share of ours that did not arrive there, 0 to 1
  loudness: number | null; // of the microphone, 0 to 1
}

/** What an agent can do something about, worst first. */
export type Trouble =
  | "nothingHeard" // no packets arrive
  | "choppyHere" // the agent hears gaps
  | "choppyThere" // the customer hears gaps
  | "delayed"; // they talk over each other

export interface Health {
  loss: number; // 0 to 1, both ways, the worse
  jitter: number | null; // seconds
  rtt: number | null; // seconds
  trouble: Trouble | null;
}

/** Speech suffers audibly above these (ITU-T G.1028, G.114); a short burst is nobody's business. */
const LOSS = 0.04;
const JITTER = 0.05; // seconds
const RTT = 0.5; // seconds
const SILENT = 5; // seconds without a packet
const PATIENCE = 3; // samples in a row before it is said, and before it is unsaid

export interface Watch {
  last: Sample | null;
  heardAt: number; // when a packet last came in
  suspected: Trouble | null;
  count: number;
  said: Trouble | null;
}

export const newWatch = (at: number): Watch => ({ last: null, heardAt: at, suspected: null, count: 0, said: null });

interface Figures extends Omit<Health, "trouble"> {
  here: number;
  there: number;
}

function figures(last: Sample, now: Sample): Figures {
  const arrived = Math.max(0, now.received - last.received);
  const lost = Math.max(0, now.lost - last.lost);
  const here = arrived + lost === 0 ? 0 : lost / (arrived + lost);
  const there = now.remoteLost ?? 0;
  return { here, there, loss: Math.max(here, there), jitter: now.jitter, rtt: now.rtt };
}

function suspect(seen: Figures, silentFor: number): Trouble | null {
  if (silentFor >= SILENT) return "nothingHeard";
  if (seen.here > LOSS || (seen.jitter ?? 0) > JITTER) return "choppyHere";
  if (seen.there > LOSS) return "choppyThere";
  return (seen.rtt ?? 0) > RTT ? "delayed" : null;
}

/** `held`: while a call is on hold nothing need arrive. */
export function judge(watch: Watch, now: Sample, held: boolean): { watch: Watch; health: Health } {
  const last = watch.last ?? now;
  const seen = figures(last, now);
  const heardAt = now.received > last.received || held ? now.at : watch.heardAt;
  const suspected = suspect(seen, now.at - heardAt);
  const count = suspected === watch.suspected ? watch.count + 1 : 1;
  const said = count >= PATIENCE || suspected === "nothingHeard" ? suspected : watch.said;
  return {
    watch: { last: now, heardAt, suspected, count, said },
    health: { loss: seen.loss, jitter: seen.jitter, rtt: seen.rtt, trouble: said },
  };
}

type Row = Record<string, unknown>;
const number = (row: Row | undefined, name: string): number | null => (typeof row?.[name] === "number" ? row[name] : null);

/** A sample from an RTCStatsReport, whose rows differ a little from browser to browser. */
export function sampleOf(report: Iterable<unknown>, at: number): Sample {
  const rows = [...report] as Row[];
  const of = (type: string) => rows.find((row) => row.type === type && (row.kind ?? "audio") === "audio");
  const inbound = of("inbound-rtp");
  const remote = of("remote-inbound-rtp");
  const pair = rows.find((row) => row.type === "candidate-pair" && row.nominated === true);
  return {
    at,
    received: number(inbound, "packetsReceived") ?? 0,
    lost: number(inbound, "packetsLost") ?? 0,
    sent: number(of("outbound-rtp"), "packetsSent") ?? 0,
    jitter: number(inbound, "jitter"),
    rtt: number(remote, "roundTripTime") ?? number(pair, "currentRoundTripTime"),
    remoteLost: number(remote, "fractionLost"),
    loudness: number(of("media-source"), "audioLevel"),
  };
}
