// The language between gateway and console: the same names as screenpop/frames.py.
// Times are seconds since the Unix epoch (UTC). All text is hostile text.

export type Match = "known" | "maybe" | "several" | "unknown" | "withheld";
export type Direction = "inbound" | "outbound" | "internal";
export type Stream = "me" | "board";

export interface CardTicket {
  id: number;
  number: string;
  title: string;
  status: string;
  opened_at: number;
}

export interface CardContact {
  id: number;
  kind: string;
  at: number;
  summary: string;
  direction: string | null;
  result: string | null;
  recording: string | null;
}

export interface Candidate {
  customer: number;
  name: string;
  company: string | null;
  level: string | null;
  owner: string | null;
  how: "known" | "maybe";
  tickets: CardTicket[];
  contacts: CardContact[];
}

export interface Card {
  match: Match;
  number: string | null;
  e164: string | null;
  place: string | null;
  candidates: Candidate[];
}

export interface Pop {
  interaction: string;
  direction: Direction;
  number: string | null;
  name: string | null;
  queue: string | null;
  dialled: string | null;
  entered_at: number | null;
  offered_at: number | null;
  card: Card | null;
}

export type CallState = "dialling" | "talking" | "held" | "ended";

export interface Call {
  interaction: string;
  direction: Direction;
  number: string | null;
  name: string | null;
  queue: string | null;
  dialled: string | null;
  state: CallState;
  since: number | null;
  answered_at: number | null;
  ended_at: number | null;
  end: string | null;
  recordings: string[];
  card: Card | null;
}

export interface Link {
  pbx: "up" | "down";
  pbx_since: number;
  store: "up" | "down";
  store_since: number;
}

export interface WaitingCall {
  interaction: string;
  number: string | null;
  name: string | null;
  since: number | null;
}

export interface QueueRow {
  queue: string;
  waiting: number;
  longest_since: number | null;
  offered: number;
  answered: number;
  abandoned: number;
  short_abandoned: number;
  in_time: number;
  threshold: number;
  wait_sum: number;
  handled: number;
  talk_sum: number;
  waiting_calls: WaitingCall[];
}

export type PhoneState = "offline" | "ready" | "ringing" | "busy" | "paused";

export interface AgentRow {
  agent: number;
  name: string;
  interface: string;
  state: PhoneState;
  reason: string | null;
  since: number;
  interaction: string | null;
  number: string | null;
  queue: string | null;
}

export interface MeState {
  pops: Pop[];
  calls: Call[];
  link: Link;
}

export interface BoardState {
  queues: QueueRow[];
  agents: AgentRow[];
  link: Link;
  day_start: number;
}

export interface Welcome {
  kind: "welcome";
  user: number;
  agent: number | null;
  epoch: string;
  now: number;
  beat: number;
}
export interface Beat {
  kind: "beat";
  now: number;
}
export interface Snapshot {
  kind: "snapshot";
  stream: Stream;
  seq: number;
  me?: MeState | null;
  board?: BoardState | null;
}
export interface Reset {
  kind: "reset";
  stream: Stream;
  reason: "new_epoch" | "too_old" | "ahead";
}
/** The answer to a subscription that could resume: the missed frames follow, up to `seq`. */
export interface Resumed {
  kind: "resumed";
  stream: Stream;
  seq: number;
}
export interface PopOffered {
  kind: "popoffered";
  stream: "me";
  seq: number;
  pop: Pop;
}
export interface PopWithdrawn {
  kind: "popwithdrawn";
  stream: "me";
  seq: number;
  interaction: string;
  reason: string;
}
export interface CallChanged {
  kind: "callchanged";
  stream: "me";
  seq: number;
  call: Call;
}
/** `into` names the interaction it turned out to be part of: what was written down goes there. */
export interface CallClosed {
  kind: "callclosed";
  stream: "me";
  seq: number;
  interaction: string;
  into?: string | null;
}
export interface LinkChanged {
  kind: "linkchanged";
  stream: Stream;
  seq: number;
  link: Link;
}
export interface BoardChanged {
  kind: "boardchanged";
  stream: "board";
  seq: number;
  queues: QueueRow[];
  agents: AgentRow[];
  gone_queues: string[];
  gone_agents: number[];
  day_start?: number | null;
}
export interface Refused {
  kind: "refused";
  code: string;
  message: string;
}

export type ServerFrame =
  | Welcome
  | Beat
  | Snapshot
  | Reset
  | Resumed
  | PopOffered
  | PopWithdrawn
  | CallChanged
  | CallClosed
  | LinkChanged
  | BoardChanged
  | Refused;

export interface Subscribe {
  kind: "subscribe";
  stream: Stream;
  resume_epoch?: string | null;
  resume_seq?: number | null;
}
export interface Dismiss {
  kind: "dismiss";
  interaction: string;
}
export type ClientFrame = Subscribe | Dismiss;
