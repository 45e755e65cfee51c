// The library of recordings as the console asks for it.
import { address, get, patch, post, remove, type Query } from "./client";
import type { components } from "./schema";
import type { Page, Peaks } from "./types";

type Schemas = components["schemas"];

export type LibraryLine = Schemas["LibraryRow"];
export type RecordingPage = Schemas["RecordingPage"];
export type Recording = Schemas["RecordingDetail"];
export type Comment = Schemas["CommentView"];
export type Share = Schemas["ShareView"];
export type NewShare = Schemas["NewShare"];
export type SharedRecording = Schemas["SharedRecording"];
export type FileMark = Schemas["MarkView"];

interface Items<T> {
  items: T[];
}

const one = (id: string) => `/recordings/${encodeURIComponent(id)}`;
const link = (token: string) => `/shared-recordings/${encodeURIComponent(token)}`;

export const libraryList = (query: Query, cursor: string | null, limit: number, signal?: AbortSignal) =>
  get<Page<LibraryLine>>("/recordings", { ...query, cursor, limit }, signal);

export const library = {
  read: (id: string) => get<RecordingPage>(one(id)),
  marks: async (id: string) => (await get<Items<FileMark>>(`${one(id)}/markers`)).items,
  download: (id: string) => address(`${one(id)}/download`),
  comments: async (id: string) => (await get<Items<Comment>>(`${one(id)}/comments`)).items,
  comment: (id: string, at: number, text: string) => post<Comment>(`${one(id)}/comments`, { at, text }),
  changeComment: (id: string, comment: number, text: string) => patch<Comment>(`${one(id)}/comments/${comment}`, { text }),
  removeComment: (id: string, comment: number) => remove(`${one(id)}/comments/${comment}`),
  shares: async (id: string) => (await get<Items<Share>>(`${one(id)}/shares`)).items,
  share: (id: string, hours: number, note: string | null) => post<NewShare>(`${one(id)}/shares`, { hours, note }),
  revoke: (id: string, share: number) => remove(`${one(id)}/shares/${share}`),
};

export const shared = {
  read: (token: string) => get<SharedRecording>(link(token)),
  audio: (token: string) => address(`${link(token)}/audio`),
  peaks: (token: string) => get<Peaks>(`${link(token)}/peaks`),
};
