// The service's stable error codes in the reader's language; what is unknown is said as its kind.
import { ApiError } from "@/api/client";
import type { Key } from "@/i18n";

const BY_CODE: Record<string, Key> = {
  unreachable: "error.unreachable",
  store_unavailable: "error.store",
  forbidden: "error.forbidden",
  csrf_failed: "error.session",
  not_found: "error.notFound",
  invalid_input: "error.invalid",
  conflict: "error.conflict",
  too_many_attempts: "error.tooMany",
  wrong_credentials: "error.credentials",
};

const BY_STATUS: Record<number, Key> = {
  401: "error.session",
  403: "error.forbidden",
  404: "error.notFound",
  409: "error.conflict",
  422: "error.invalid",
  429: "error.tooMany",
  503: "error.store",
};

export function errorKey(error: unknown): Key {
  if (!(error instanceof ApiError)) return "error.unknown";
  return BY_CODE[error.code] ?? BY_STATUS[error.status] ?? "error.unknown";
}

export function requestId(error: unknown): string {
  return error instanceof ApiError ? (error.requestId ?? "") : "";
}
