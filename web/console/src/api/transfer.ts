// The calls by which customers come in from files.
import { address, get, post, put, remove } from "./client";
import type { components } from "./schema";
import { upload } from "./upload";

type Schemas = components["schemas"];
export type ImportJob = Schemas["ImportView"];
export type ImportState = Schemas["ImportState"];
export type ImportField = Schemas["web.api.imports.FieldChoice"];
export type Key = Schemas["Key"];
export type Existing = Schemas["Existing"];
export type Example = Schemas["Example"];
export type Encoding = Schemas["Encoding"];
export interface Mapping {
  columns: (string | null)[];
  key: Key;
  existing: Existing;
}

const at = (id: string) => `/imports/${encodeURIComponent(id)}`;
const items = async <T>(path: string): Promise<T[]> => (await get<{ items: T[] }>(path)).items;

export const imports = {
  upload: (file: File, told: (share: number) => void) => upload<ImportJob>("/imports", { name: file.name.slice(0, 200) }, file, told),
  list: () => items<ImportJob>("/imports"),
  fields: () => items<ImportField>("/import-fields"),
  /** Waits a while for a version newer than `seen`. */
  read: (id: string, seen: number, signal?: AbortSignal) => get<ImportJob>(at(id), { seen }, signal),
  readAgain: (id: string, how: { encoding?: Encoding; delimiter?: string; sheet?: string }) => put<ImportJob>(`${at(id)}/source`, how),
  map: (id: string, mapping: Mapping) => put<ImportJob>(`${at(id)}/mapping`, mapping),
  check: (id: string) => post<ImportJob>(`${at(id)}/check`, {}),
  start: (id: string) => post<ImportJob>(`${at(id)}/start`, {}),
  cancel: (id: string) => remove(at(id)),
  refused: (id: string) => address(`${at(id)}/refused`),
};
