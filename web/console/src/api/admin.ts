// The calls by which the house says who works in it and who may do what, and by which people keep their own account.
import { get, patch, post, put, remove } from "./client";
import type { components } from "./schema";
import type { Page } from "./types";

type Schemas = components["schemas"];

export type Scope = Schemas["Scope"];
export type UserRow = Schemas["UserView"];
export type UserAnswer = Schemas["UserAnswer"];
export type RoleRow = Schemas["RoleView"];
export type RightRow = Schemas["RightView"];
export type TeamRow = Schemas["TeamView"];
export type SessionRow = Schemas["SessionItem"];
export interface AuditRow {
  id: number;
  at: number;
  actor: number | null;
  actor_name: string | null;
  action: string;
  object: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  address: string | null;
  hash: string;
}
export type PoolRules = Schemas["PoolRulesView"];

const items = async <T>(path: string): Promise<T[]> => (await get<{ items: T[] }>(path)).items;
const at = (path: string, key: string | number) => `${path}/${encodeURIComponent(key)}`;

export const users = {
  list: () => items<UserRow>("/users"),
  create: (sent: unknown) => post<UserAnswer>("/users", sent),
  change: (id: number, sent: unknown) => patch<UserAnswer>(at("/users", id), sent),
  sessions: (id: number) => items<SessionRow>(`${at("/users", id)}/sessions`),
  endSession: (id: number, session: string) => remove(`${at("/users", id)}/sessions/${encodeURIComponent(session)}`),
  endSessions: (id: number) => remove(`${at("/users", id)}/sessions`),
};

export const roles = {
  list: () => get<{ items: RoleRow[]; rights: RightRow[] }>("/roles"),
  create: (sent: unknown) => post<RoleRow>("/roles", sent),
  change: (name: string, sent: unknown) => patch<RoleRow>(at("/roles", name), sent),
  remove: (name: string) => remove(at("/roles", name)),
};

export const teams = {
  list: () => items<TeamRow>("/teams"),
  create: (sent: unknown) => post<TeamRow>("/teams", sent),
  change: (id: number, sent: unknown) => patch<TeamRow>(at("/teams", id), sent),
  remove: (id: number) => remove(at("/teams", id)),
};

export const audit = {
  search: (query: Record<string, string | number | null>, cursor: string | null, signal?: AbortSignal) =>
    get<Page<AuditRow>>("/audit", { ...query, cursor }, signal),
};

export const account = {
  password: (old: string, fresh: string) => post<undefined>("/me/password", { old, new: fresh }),
  sessions: () => items<SessionRow>("/me/sessions"),
  endSession: (id: string) => remove(at("/me/sessions", id)),
  codes: () => get<{ enabled_at: number | null; recovery_codes: number }>("/me/totp"),
  pair: (password: string) => post<{ secret: string; uri: string }>("/me/totp", { password }),
  confirm: (code: string) => post<{ codes: string[] }>("/me/totp/confirm", { code }),
  renew: (password: string) => post<{ codes: string[] }>("/me/totp/recovery-codes", { password }),
  off: (password: string) => post<undefined>("/me/totp/off", { password }),
};

export const pool = {
  read: () => get<PoolRules>("/pool-rules"),
  write: (rules: PoolRules) => put<PoolRules>("/pool-rules", rules),
};
