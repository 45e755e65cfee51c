// Two recordings at once are no use to anybody: the last one started plays, the other pauses.
let current: HTMLMediaElement | null = null;

export function playAlone(element: HTMLMediaElement): void {
  if (current !== element) current?.pause();
  current = element;
}

export function stopped(element: HTMLMediaElement): void {
  if (current === element) current = null;
}
