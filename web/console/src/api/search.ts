// One question to everything there is, answered in groups by kind.
import { get } from "./client";
import type { components } from "./schema";

export type Found = components["schemas"]["Found"];

export const search = (q: string, limit: number, signal: AbortSignal) => get<Found>("/search", { q, limit }, signal);
