// Every call to the API that the console makes, by name.
import { address, get, patch, post, put, remove } from "./client";
import type {
  Activity,
  CallbackItem,
  CallbackWish,
  Colleague,
  CreatedCustomer,
  Credentials,
  Customer,
  CustomerRow,
  Decision,
  Disposed,
  Dispositions,
  NamedWord,
  NewCustomer,
  NewSimulation,
  Page,
  Peaks,
  Phone,
  QueueInfo,
  QueueStaffing,
  SessionView,
  SimulationBase,
  SimulationView,
  Story,
  Ticket,
  TransferWish,
  User,
  WorkItem,
  WorkWhich,
} from "./types";

export const session = {
  read: () => get<SessionView>("/session"),
  signIn: (username: string, password: string, code: string) =>
    post<SessionView>("/session", { username, password, ...(code && { code }) }),
  signOut: () => remove("/session"),
};

export const me = {
  change: (wish: { language?: string; theme?: string }) => patch<User>("/me", wish),
};

export const customers = {
  find: (q: string, cursor: string | null, limit: number, signal?: AbortSignal) =>
    get<Page<CustomerRow>>("/customers", { q, cursor, limit }, signal),
  read: (id: number) => get<Customer>(`/customers/${id}`),
  create: (customer: NewCustomer) => post<CreatedCustomer>("/customers", customer),
  timeline: (id: number, cursor: string | null, signal?: AbortSignal) =>
    get<Page<Activity>>(`/customers/${id}/timeline`, { cursor }, signal),
  note: (id: number, text: string) => post<Activity>(`/customers/${id}/notes`, { text }),
};

/** Everything is a list under `items`. */
interface Items<T> {
  items: T[];
}
const items = async <T>(path: string): Promise<T[]> => (await get<Items<T>>(path)).items;

/** My own state; what comes of it is told by a frame. */
export const agentApi = {
  phones: () => items<Phone>("/me/phones"),
  credentials: () => post<Credentials>("/me/phone/credentials"),
  signIn: (phone: string) => post<unknown>("/me/agent/sign-in", { interface: phone }),
  signOut: () => post<unknown>("/me/agent/sign-out"),
  ready: () => post<unknown>("/me/agent/ready"),
  notReady: (reason: string) => post<unknown>("/me/agent/not-ready", { reason }),
  finishWrapUp: () => post<unknown>("/me/agent/wrap-up/finish"),
  extendWrapUp: (seconds: number) => post<unknown>("/me/agent/wrap-up/extend", { seconds }),
};

export const house = {
  pauseReasons: () => items<NamedWord>("/pause-reasons"),
  dispositions: () => items<NamedWord>("/dispositions"),
  queues: () => items<QueueInfo>("/queues"),
  agents: () => items<Colleague>("/agents"),
};

const callPath = (id: string) => `/calls/${encodeURIComponent(id)}`;

/** The calls of my telephone, done by the PBX. */
export const callControl = {
  dial: (number: string) => post<unknown>("/calls", { number }),
  hangup: (id: string) => post<unknown>(`${callPath(id)}/hangup`),
  hold: (id: string) => post<unknown>(`${callPath(id)}/hold`),
  resume: (id: string) => post<unknown>(`${callPath(id)}/resume`),
  transfer: (id: string, wish: TransferWish) => post<unknown>(`${callPath(id)}/transfer`, wish),
  completeTransfer: (id: string) => post<unknown>(`${callPath(id)}/transfer/complete`),
  cancelTransfer: (id: string) => post<unknown>(`${callPath(id)}/transfer/cancel`),
  conference: (id: string) => post<unknown>(`${callPath(id)}/conference`),
};

export const callbacks = {
  schedule: (wish: CallbackWish) => post<unknown>("/callbacks", wish),
  list: (state: WorkWhich, queue: string, cursor: string | null, signal?: AbortSignal) =>
    get<Page<CallbackItem>>("/callbacks", { state, queue, cursor }, signal),
  read: (id: number) => get<CallbackItem>(`/callbacks/${id}`),
  accept: (id: number) => post<CallbackItem>(`/callbacks/${id}/accept`, {}),
  decline: (id: number) => post<CallbackItem>(`/callbacks/${id}/decline`, {}),
  cancel: (id: number) => post<CallbackItem>(`/callbacks/${id}/cancel`, {}),
};

export const missed = {
  list: (state: WorkWhich, queue: string, q: string, cursor: string | null, signal?: AbortSignal) =>
    get<Page<WorkItem>>("/work", { state, queue, q, cursor }, signal),
  claim: (id: number) => post<WorkItem>(`/work/${id}/claim`, {}),
  release: (id: number) => post<WorkItem>(`/work/${id}/release`, {}),
  call: (id: number) => post<WorkItem>(`/work/${id}/call`, {}),
  finish: (id: number, reason: string) => post<WorkItem>(`/work/${id}/done`, { reason }),
};

const interactionPath = (id: string) => `/interactions/${encodeURIComponent(id)}`;

export const interactions = {
  read: (id: string) => get<Story>(interactionPath(id)),
  note: (id: string, text: string, customer: number | null) =>
    post<Activity>(`${interactionPath(id)}/note`, customer === null ? { text } : { text, customer }),
  decisions: (id: string) => items<Decision>(`${interactionPath(id)}/decisions`),
  dispositions: (id: string) => get<Dispositions>(`${interactionPath(id)}/dispositions`),
  dispose: (id: string, disposed: Disposed) => put<unknown>(`${interactionPath(id)}/disposition`, disposed),
  choose: (id: string, customer: number) =>
    put<Story>(`${interactionPath(id)}/customer`, { customer }),
};

export const tickets = {
  openOf: (customer: number) => get<Page<Ticket>>("/tickets", { customer, status: "open" }),
};

const recordingPath = (id: string) => `/recordings/${encodeURIComponent(id)}`;

export const recordings = {
  audio: (id: string) => address(`${recordingPath(id)}/audio`),
  peaks: (id: string) => get<Peaks>(`${recordingPath(id)}/peaks`),
};

const simulationPath = (id: string) => `/simulations/${encodeURIComponent(id)}`;

export const simulations = {
  base: (day: string) => get<SimulationBase>("/simulations/base", { day }),
  staffing: (day: string, queue: string, level: number) =>
    get<QueueStaffing>("/simulations/staffing", { day, queue, level }),
  start: (wish: NewSimulation) => post<SimulationView>("/simulations", wish),
  read: (id: string, seen: number, signal?: AbortSignal) =>
    get<SimulationView>(simulationPath(id), { seen }, signal),
  cancel: (id: string) => remove(simulationPath(id)),
};
