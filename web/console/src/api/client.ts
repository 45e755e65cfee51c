// The one way to the HTTP API: JSON in and out, the CSRF header, errors as one type.

export class ApiError extends Error {
  constructor(
    /** 0 when the service could not be reached. */
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field: string | null = null,
    readonly requestId: string | null = null,
    /** What a conflict is about, e.g. who was faster. */
    readonly values: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

const BASE = "/api/v1";
const PROOFS = new Set(["wrong_credentials", "code_required", "wrong_code"]);
let csrf = "";
let onSignedOut: () => void = () => undefined;

export function setCsrf(token: string): void {
  csrf = token;
}

export const csrfToken = () => csrf;

/** What to do when the service says that nobody is signed in any more. */
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler;
}

export type Query = Record<string, string | number | null | undefined>;

export function address(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return `${BASE}${path}${text && "?"}${text}`;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

async function request<T>(method: Method, url: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRF-Token"] = csrf;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (body !== undefined) init.body = JSON.stringify(body);
  if (signal) init.signal = signal;
  const response = await fetch(url, init).catch((cause: unknown) => {
    if (signal?.aborted) throw cause;
    throw new ApiError(0, "unreachable", "");
  });
  if (!response.ok) throw await failure(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

interface ErrorBody {
  error?: { code?: string; message?: string; field?: string; request_id?: string; values?: Record<string, unknown> };
}

async function failure(response: Response): Promise<ApiError> {
  return failureOf(response.status, (await response.json().catch(() => ({}))) as ErrorBody);
}

/** 0: the service could not be reached. */
export function failureOf(status: number, { error = {} }: ErrorBody): ApiError {
  const { code = status === 0 ? "unreachable" : `http_${status}`, message = "", field, request_id, values } = error;
  // Whoever is asked for a password or a code again is still signed in.
  if (status === 401 && !PROOFS.has(code)) onSignedOut();
  return new ApiError(status, code, message, field ?? null, request_id ?? null, values ?? {});
}

export const get = <T>(path: string, query?: Query, signal?: AbortSignal) =>
  request<T>("GET", address(path, query), undefined, signal);
export const post = <T>(path: string, body?: unknown) => request<T>("POST", address(path), body);
export const put = <T>(path: string, body: unknown) => request<T>("PUT", address(path), body);
export const patch = <T>(path: string, body: unknown) => request<T>("PATCH", address(path), body);
export const remove = (path: string) => request<undefined>("DELETE", address(path));
