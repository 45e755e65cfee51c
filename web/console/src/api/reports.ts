// Reports: figures by key and span, the rows behind one, and every figure there is.
import { address, get, post, put, remove, type Query } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Report = Schemas["ReportView"];
export type ReportRow = Schemas["RowView"];
export type Metric = Schemas["MetricView"];
export type MetricList = Schemas["MetricList"];
export type BehindPage = Schemas["BehindPage"];
export type Schedule = Schemas["ScheduleView"];
export type Content = Schemas["Content"];
export type Recipient = Schemas["Recipient"];
export type Run = Schemas["RunView"];
export type Every = Schedule["every"];
export type Format = Schedule["format"];

export const reports = {
  metrics: () => get<MetricList>("/report-metrics"),
  read: (query: Query) => get<Report>("/reports", query),
  rows: (query: Query) => get<BehindPage>("/reports/rows", query),
  file: (query: Query, format: string) => address("/reports/file", { ...query, format }),
};

const one = (id: number, more = "") => `/report-schedules/${id}${more}`;

export const schedules = {
  list: () => get<Schemas["ScheduleList"]>("/report-schedules", { limit: 200 }),
  create: (sent: unknown) => post<Schedule>("/report-schedules", sent),
  change: (id: number, sent: unknown) => put<Schedule>(one(id), sent),
  remove: (id: number) => remove(one(id)),
  send: (id: number) => post<Schedule>(one(id, "/send"), {}),
  runs: (id: number, cursor: string | null) => get<Schemas["RunPage"]>(one(id, "/runs"), { cursor, limit: 10 }),
};
