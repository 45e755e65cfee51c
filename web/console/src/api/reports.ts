// Reports: figures by key and span, the rows behind one, and every figure there is.
import { address, get, type Query } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Report = Schemas["ReportView"];
export type ReportRow = Schemas["RowView"];
export type Metric = Schemas["MetricView"];
export type MetricList = Schemas["MetricList"];
export type BehindPage = Schemas["BehindPage"];

export const reports = {
  metrics: () => get<MetricList>("/report-metrics"),
  read: (query: Query) => get<Report>("/reports", query),
  rows: (query: Query) => get<BehindPage>("/reports/rows", query),
  file: (query: Query, format: string) => address("/reports/file", { ...query, format }),
};
