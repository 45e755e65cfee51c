// The calls by which people say who outside is told what happens here, and see what became of it.
import { get, post, put, remove } from "./client";
import type { components } from "./schema";
import type { Page } from "./types";

type Schemas = components["schemas"];

export type WebhookRow = Schemas["WebhookView"];
export type WebhookType = Schemas["WebhookType"];
export type Delivery = Schemas["DeliveryView"];
export type UrlPop = Schemas["UrlPopView"];
export type UrlPopGap = Schemas["UrlPopGap"];
export type DeliveryState = Delivery["state"];

const items = async <T>(path: string): Promise<T[]> => (await get<{ items: T[] }>(path)).items;
const at = (id: number, more = "") => `/webhooks/${id}${more}`;

export const webhooks = {
  types: () => items<WebhookType>("/webhook-types"),
  list: () => items<WebhookRow>("/webhooks"),
  create: (sent: unknown) => post<{ webhook: WebhookRow; secret: string | null }>("/webhooks", sent),
  change: (id: number, sent: unknown) => put<WebhookRow>(at(id), sent),
  remove: (id: number) => remove(at(id)),
  rotate: (id: number) => post<{ secret: string }>(at(id, "/secret"), {}),
  test: (id: number) => post<Delivery>(at(id, "/test"), {}),
  deliveries: (id: number, state: DeliveryState | "", cursor: string | null, signal?: AbortSignal) =>
    get<Page<Delivery>>(at(id, "/deliveries"), { state: state || null, cursor }, signal),
  delivery: (id: number, delivery: number) => get<Delivery>(at(id, `/deliveries/${delivery}`)),
  replay: (id: number, delivery: number) => post<Delivery>(at(id, `/deliveries/${delivery}/replay`), {}),
  replayAll: (id: number) => post<{ count: number }>(at(id, "/replay"), {}),
};

export const urlPops = {
  list: () => get<{ items: UrlPop[]; gaps: UrlPopGap[] }>("/url-pops"),
  mine: () => items<UrlPop>("/me/url-pops"),
  create: (sent: unknown) => post<UrlPop>("/url-pops", sent),
  change: (id: number, sent: unknown) => put<UrlPop>(`/url-pops/${id}`, sent),
  remove: (id: number) => remove(`/url-pops/${id}`),
};
