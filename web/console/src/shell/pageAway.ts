// The page whose code could not be fetched, until it could be or another one is opened.
import { shallowRef } from "vue";

export const pageAway = shallowRef<string | null>(null);
