// Microphones and loudspeakers: what there is, what was chosen on this machine, and how to try them.
import { readonly, ref, shallowRef } from "vue";

const STORED = { microphone: "callcenter.microphone", speaker: "callcenter.speaker" } as const;
export type DeviceKind = keyof typeof STORED;

export interface Device {
  id: string;
  label: string;
}

const chosen = {
  microphone: ref(localStorage.getItem(STORED.microphone) ?? ""),
  speaker: ref(localStorage.getItem(STORED.speaker) ?? ""),
};
const found = { microphone: shallowRef<Device[]>([]), speaker: shallowRef<Device[]>([]) };

export const devices = { microphone: readonly(found.microphone), speaker: readonly(found.speaker) };
/** Empty: what the system takes. */
export const chosenDevice = { microphone: readonly(chosen.microphone), speaker: readonly(chosen.speaker) };
/** Not every browser can be told where to play. */
export const canChooseSpeaker = "setSinkId" in HTMLMediaElement.prototype;

const players = new Map<string, HTMLAudioElement>();

function listed(all: MediaDeviceInfo[], kind: MediaDeviceKind): Device[] {
  const ours = all.filter((one) => one.kind === kind && one.deviceId !== "" && one.deviceId !== "default" && one.deviceId !== "communications");
  return ours.map(({ deviceId, label }) => ({ id: deviceId, label }));
}

/** Names are told only once a microphone was allowed. */
export async function findDevices(): Promise<void> {
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  found.microphone.value = listed(all, "audioinput");
  found.speaker.value = listed(all, "audiooutput");
}

export async function chooseDevice(kind: DeviceKind, id: string): Promise<void> {
  chosen[kind].value = id;
  localStorage.setItem(STORED[kind], id);
  if (kind === "speaker") await Promise.all([...players.values()].map(toSpeaker));
}

const present = (kind: DeviceKind): string => (found[kind].value.some((one) => one.id === chosen[kind].value) ? chosen[kind].value : "");

/** A headset that was unplugged must not end the day: then the system's own is taken. */
export async function openMicrophone(): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new DOMException("insecure", "SecurityError");
  const audio: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  const id = chosen.microphone.value;
  const wanted = id ? { ...audio, deviceId: { ideal: id } } : audio;
  const stream = await navigator.mediaDevices.getUserMedia({ audio: wanted });
  void findDevices();
  return stream;
}

async function toSpeaker(player: HTMLAudioElement): Promise<void> {
  if (canChooseSpeaker) await player.setSinkId(present("speaker")).catch(() => undefined);
}

/** Plays what comes in; null ends it. */
export function hear(id: string, stream: MediaStream | null): void {
  const player = players.get(id) ?? new Audio();
  player.srcObject = stream;
  if (stream === null) {
    players.delete(id);
    return;
  }
  players.set(id, player);
  player.autoplay = true;
  void toSpeaker(player).then(() => player.play().catch(() => undefined));
}

const TONE = { frequency: 523, seconds: 1.2, loudness: 0.2 };

/** A tone out of the chosen loudspeaker. */
export async function trySpeaker(): Promise<void> {
  const context = new AudioContext();
  const target = context.createMediaStreamDestination();
  const gain = new GainNode(context, { gain: TONE.loudness });
  const oscillator = new OscillatorNode(context, { frequency: TONE.frequency });
  oscillator.connect(gain).connect(target);
  hear("test", target.stream);
  oscillator.start();
  await new Promise((done) => setTimeout(done, TONE.seconds * 1000));
  hear("test", null);
  await context.close();
}

export interface Meter {
  level: () => number; // 0 to 1
  stop: () => void;
}

/** Of a sample's loudness what a person sees moving when they speak. */
const VISIBLE = 4;

/** Listens to the chosen microphone, to see whether it hears anything. */
export async function tryMicrophone(): Promise<Meter> {
  const stream = await openMicrophone();
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 512 });
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return {
    level() {
      analyser.getFloatTimeDomainData(samples);
      return Math.min(1, VISIBLE * Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length));
    },
    stop() {
      stream.getTracks().forEach((track) => track.stop());
      void context.close();
    },
  };
}

/** Chosen in another tab: the one that has the telephone takes it too. */
window.addEventListener("storage", ({ key, newValue }) => {
  for (const kind of ["microphone", "speaker"] as const) if (key === STORED[kind]) chosen[kind].value = newValue ?? "";
});
navigator.mediaDevices?.addEventListener("devicechange", () => void findDevices());
