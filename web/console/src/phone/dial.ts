// A number that was clicked: asked for until the call shows, and what went wrong.
import { shallowReactive } from "vue";

import { callControl } from "@/api/calls";

import { plainNumber } from "./transfer";

/** The telephone rings within that, or never. */
const SHOWS_WITHIN = 8_000; // ms

export const dialling = shallowReactive({ number: "", asked: false, error: null as unknown });
let timer: ReturnType<typeof setTimeout> | undefined;

export async function dial(number: string): Promise<void> {
  if (dialling.asked) return;
  clearTimeout(timer);
  Object.assign(dialling, { number, asked: true, error: null });
  try {
    await callControl.dial(plainNumber(number));
    timer = setTimeout(shown, SHOWS_WITHIN);
  } catch (error) {
    Object.assign(dialling, { asked: false, error });
  }
}

/** The call is there: what was asked is done. */
export function shown(): void {
  clearTimeout(timer);
  dialling.asked = false;
}
