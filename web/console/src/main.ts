// Wires the page: session first, then the view its person may see.
import "element-plus/theme-chalk/base.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./ui/form/form.css";

import { createApp } from "vue";

import App from "./App.vue";
import { i18n, setLanguage } from "./i18n";
import type { Language } from "./i18n/language";
import { router } from "./router";

await setLanguage(i18n.global.locale.value as Language);
createApp(App).use(i18n).use(router).mount("#app");
