// The one door to wavesurfer.js: it draws given peaks and seeks an audio element that is ours.
import type WaveSurfer from "wavesurfer.js";

import type { Peaks } from "@/api/types";

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function colours() {
  return {
    waveColor: colour("--line-strong"),
    progressColor: colour("--accent-text"),
    cursorColor: colour("--text"),
  };
}

/** Loaded with the first recording somebody sees, not with the page. */
export async function draw(
  container: HTMLElement,
  media: HTMLMediaElement,
  { peaks, seconds }: Peaks,
  height = 40,
): Promise<WaveSurfer> {
  const { default: Wave } = await import("wavesurfer.js");
  return Wave.create({
    container,
    media,
    peaks: [peaks],
    duration: seconds,
    height,
    barWidth: 2,
    barGap: 1,
    barRadius: 1,
    cursorWidth: 1,
    normalize: true,
    hideScrollbar: true,
    dragToSeek: true,
    ...colours(),
  });
}
