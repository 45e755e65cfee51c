// A number that was clicked: asked for until the call shows, and what went wrong.
import { shallowReactive, watch } from "vue";

import { callControl } from "@/api/calls";

import { telephone } from "./phone";
import { plainNumber } from "./transfer";

/** The telephone rings within that, or never. */
const SHOWS_WITHIN = 8_000; // ms
/** And a browser's telephone is there within that after the page is loaded. */
const THERE_WITHIN = 5_000; // ms

export const dialling = shallowReactive({ number: "", asked: false, error: null as unknown });
let timer: ReturnType<typeof setTimeout> | undefined;

/** `browser`: it is this page's telephone that will ring first. */
export async function dial(number: string, browser = false): Promise<void> {
  if (dialling.asked) return;
  clearTimeout(timer);
  Object.assign(dialling, { number, asked: true, error: null });
  if (browser) await there();
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

/** A telephone that is about to register hears nothing yet; one that is refused is told of elsewhere. */
function there(): Promise<void> {
  const settled = () => ["registered", "refused"].includes(telephone.value.registration);
  return new Promise((done) => {
    if (settled()) return done();
    const end = () => {
      clearTimeout(late);
      stop();
      done();
    };
    const stop = watch(telephone, () => settled() && end());
    const late = setTimeout(end, THERE_WITHIN);
  });
}
