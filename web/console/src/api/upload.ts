// A file on its way to the service as it is, with how far it is; fetch cannot tell that yet.
import { address, csrfToken, failureOf, type Query } from "./client";

export interface Upload<T> {
  done: Promise<T>;
  cancel: () => void;
}

/** `told`: the share that has been sent. Rejects with ApiError, or with an AbortError when cancelled. */
export function upload<T>(path: string, query: Query, file: Blob, told: (share: number) => void): Upload<T> {
  const request = new XMLHttpRequest();
  const done = new Promise<T>((resolve, reject) => {
    request.open("POST", address(path, query));
    request.setRequestHeader("X-CSRF-Token", csrfToken());
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = ({ loaded, total }) => told(total ? loaded / total : 0);
    request.onload = () => (request.status < 300 ? resolve(JSON.parse(request.responseText) as T) : reject(failureOf(request.status, bodyOf(request))));
    request.onerror = () => reject(failureOf(0, {}));
    request.onabort = () => reject(new DOMException("", "AbortError"));
    request.send(file);
  });
  return { done, cancel: () => request.abort() };
}

function bodyOf(request: XMLHttpRequest): object {
  try {
    return JSON.parse(request.responseText) as object;
  } catch {
    return {}; // not ours: a proxy's page
  }
}
