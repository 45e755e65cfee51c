// The service's stable error codes in the reader's language; what is unknown is said as its kind.
import { ApiError } from "@/api/client";
import type { Key } from "@/i18n";

/** What can be in the way of a call. */
const OF_CALLS: Record<string, Key> = {
  no_phone: "error.noPhone",
  no_telephone: "error.noTelephone",
  phone_unavailable: "error.phoneUnavailable",
  already_in_call: "error.alreadyInCall",
  not_talking: "error.notTalking",
  consulting: "error.consulting",
  not_consulting: "error.notConsulting",
  hold_failed: "error.holdFailed",
  held_at_phone: "error.heldAtPhone",
  not_signed_in: "error.notSignedIn",
  no_console: "error.noConsole",
  in_call: "error.inCall",
  not_free: "error.inCall",
  no_wrap_up: "error.noWrapUp",
  wrap_up_limit: "error.wrapUpLimit",
  already_promised: "error.alreadyPromised",
  no_such_channel: "error.callOver",
  ami_disconnected: "error.pbxAway",
  ami_timeout: "error.pbxSilent",
  ami_refused: "error.pbxRefused",
  not_recorded: "error.notRecorded",
  still_recording: "error.stillRecording",
  still_paused: "error.stillPaused",
  recording_not_allowed: "error.recordingNotAllowed",
  recording_not_started: "error.recordingNotStarted",
};

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
  wrong_code: "error.wrongCode",
  pool_limit: "error.poolLimit",
  already_merged: "error.alreadyMerged",
  already_running: "error.alreadyRunning",
  too_many_tokens: "error.tooManyTokens",
  ...OF_CALLS,
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
