// How numbered frames become state: one stream is a table of pure functions, frame kind → new state.
//
// The law, kept by tests: a snapshot and the frames after it give the same as a later snapshot.
import type { Resumed, ServerFrame, Snapshot, Stream } from "./frames";

/** Frames that change a stream and therefore carry its number. */
export type StreamFrame = Exclude<Extract<ServerFrame, { stream: Stream; seq: number }>, Resumed>;
export type Change = Exclude<StreamFrame, Snapshot>;
type OfKind<K extends Change["kind"]> = Extract<Change, { kind: K }>;

/** One pure function for each kind of change that a stream knows. */
export type Reducers<S> = { [K in Change["kind"]]?: (state: S, frame: OfKind<K>) => S };

/** What a view registers to have its state kept. */
export interface StreamSpec<S> {
  stream: Stream;
  snapshot: (frame: Snapshot) => S | null;
  reducers: Reducers<S>;
}

/**
 * One stream as the client knows it. `data` stays while a reset waits for its snapshot, so that the
 * page can show it as stale rather than as nothing; `seq` is null then and no change is applied.
 */
export interface StreamState<S> {
  epoch: string | null;
  seq: number | null;
  data: S | null;
  /** Whether the server has said, on this connection, that this is how things are. */
  current: boolean;
}

export const nothing = { epoch: null, seq: null, data: null, current: false } as const;

/** `gap`: a number is missing, so the frame was not applied and the stream must be resumed. */
export interface Folded<S> {
  state: StreamState<S>;
  gap: boolean;
}

export function fold<S>(
  spec: StreamSpec<S>,
  state: StreamState<S>,
  frame: StreamFrame,
  epoch: string,
): Folded<S> {
  if (frame.kind === "snapshot") {
    const data = spec.snapshot(frame);
    return { state: data === null ? state : { epoch, seq: frame.seq, data, current: true }, gap: false };
  }
  if (state.data === null || state.seq === null) return { state, gap: false };
  if (frame.seq <= state.seq) return { state, gap: false }; // told twice
  if (frame.seq > state.seq + 1) return { state, gap: true };
  // The table's key and the frame's kind are the same string; TypeScript cannot follow that.
  const reduce = spec.reducers[frame.kind] as ((state: S, frame: Change) => S) | undefined;
  const data = reduce ? reduce(state.data, frame) : state.data;
  return { state: { ...state, epoch, seq: frame.seq, data }, gap: false };
}

/** After a reset nothing can be resumed. */
export function forget<S>(state: StreamState<S>): StreamState<S> {
  return { ...state, epoch: null, seq: null, current: false };
}

/** `resumed` says that nothing is missing any more once the frames behind it are in. */
export function confirmed<S>(state: StreamState<S>, current: boolean): StreamState<S> {
  return state.current === current ? state : { ...state, current };
}

/** `rows` with `row` in the place of the one with the same key, or at the end. */
export function upsert<T>(rows: readonly T[], row: T, key: (row: T) => unknown): T[] {
  const at = rows.findIndex((other) => key(other) === key(row));
  return at < 0 ? [...rows, row] : rows.map((other, index) => (index === at ? row : other));
}
