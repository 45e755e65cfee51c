// The tone of a ringing call, made on the spot: two soft notes, off unless somebody wants it.
import { ref } from "vue";

const STORED = "callcenter.sound";
const NOTES = [659, 880]; // Hz
const NOTE_SECONDS = 0.18;
const LOUDNESS = 0.08;

export const sound = ref(localStorage.getItem(STORED) === "on");
let audio: AudioContext | null = null;

export function setSound(on: boolean): void {
  sound.value = on;
  localStorage.setItem(STORED, on ? "on" : "off");
  if (on) chime(); // so that one hears what was switched on, and the browser allows it later
}

/** Whoever has the telephone in the browser must hear it, unless they said otherwise. */
export function ringByDefault(): void {
  if (localStorage.getItem(STORED) === null) setSound(true);
}

/** Of several tabs of one person only the first rings; a browser without locks rings in each. */
let ringer = !("locks" in navigator);
if (!ringer) {
  void navigator.locks.request("callcenter.ringer", () => {
    ringer = true;
    return new Promise(() => undefined); // kept until this tab goes
  });
}

const RING_EVERY = 3_000; // ms
let bell: ReturnType<typeof setInterval> | undefined;

/** The telephone in the browser rings until somebody answers; the notice has made the first sound. */
export function ring(on: boolean): void {
  clearInterval(bell);
  if (on) bell = setInterval(chime, RING_EVERY);
}

export function chime(): void {
  if (!sound.value || !ringer) return;
  audio ??= new AudioContext();
  for (const [index, frequency] of NOTES.entries()) note(audio, frequency, index * NOTE_SECONDS);
}

function note(context: AudioContext, frequency: number, delay: number): void {
  const start = context.currentTime + delay;
  const oscillator = new OscillatorNode(context, { frequency });
  const gain = new GainNode(context, { gain: LOUDNESS });
  gain.gain.setTargetAtTime(0, start + NOTE_SECONDS / 2, NOTE_SECONDS / 4);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(start);
  oscillator.stop(start + NOTE_SECONDS * 2);
}
