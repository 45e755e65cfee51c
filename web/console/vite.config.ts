import { fileURLToPath } from "node:url";

import vue from "@vitejs/plugin-vue";
import elementPlus from "unplugin-element-plus/vite";
import { defineConfig } from "vitest/config";

// Where `npm run dev` finds the service (or mock/server.mjs).
const service = process.env.CALLCENTER_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [vue(), elementPlus({})],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  define: {
    __VUE_OPTIONS_API__: true, // Element Plus still has components written that way
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  build: {
    outDir: fileURLToPath(new URL("../static", import.meta.url)),
    emptyOutDir: true,
    // Nothing may be inlined as data: the page is served under a strict Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  server: { proxy: { "/api": service } },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
