// Light, dark, or as the system: a class on the root, remembered for the next first paint (public/boot.js).
import { ref } from "vue";

export type Theme = "light" | "dark" | "system";

const STORED = "callcenter.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

export function themeOf(text: string | null | undefined): Theme {
  return text === "light" || text === "dark" ? text : "system";
}

export const theme = ref<Theme>(themeOf(localStorage.getItem(STORED)));

export function setTheme(wanted: Theme): void {
  theme.value = wanted;
  localStorage.setItem(STORED, wanted);
  apply();
}

function apply(): void {
  const dark = theme.value === "dark" || (theme.value === "system" && system.matches);
  document.documentElement.classList.toggle("dark", dark);
}

system.addEventListener("change", apply);
apply();
