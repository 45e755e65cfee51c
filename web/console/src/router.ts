// Addresses and who may go there. A view that is not for this person leads to one that is.
import { watch } from "vue";
import { createRouter, createWebHistory, type RouteLocationRaw } from "vue-router";

import { agent, may, signedIn, type Right } from "@/session";
import { timesBack } from "@/live/back";
import { pageAway } from "@/shell/pageAway";
import { ADMIN_RIGHTS, SETTINGS_RIGHTS } from "@/shell/ways";

declare module "vue-router" {
  interface RouteMeta {
    allowed?: () => boolean;
  }
}

const needs = (right: Right) => () => may(right);
const hasPhone = () => agent.value !== null;
const seesCustomers = () => may("customer.read");
const seesTickets = () => may("ticket.read");
const seesRecordings = needs("recording.read");
const seesBoard = () => may("board.read");
const simulates = () => may("queue.simulate");
const readsReports = () => may("report.read");
const describes = () => may("queue.manage");
const seesQuality = needs("quality.read");
const handlesWork = () => may("work.handle");

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: "/sign-in", name: "sign-in", component: () => import("@/signin/SignInView.vue") },
    { path: "/", name: "work", component: () => import("@/agent/AgentView.vue"), meta: { allowed: hasPhone } },
    { path: "/customers", name: "customers", component: () => import("@/customer/CustomersView.vue"), meta: { allowed: seesCustomers } },
    { path: "/customers/:id(\\d+)", name: "customer", component: () => import("@/customer/CustomerView.vue"), props: (route) => ({ id: Number(route.params.id) }), meta: { allowed: seesCustomers } },
    { path: "/customers/new", name: "customer-new", component: () => import("@/customer/NewCustomerView.vue"), meta: { allowed: needs("customer.write") } },
    { path: "/customers/duplicates", name: "duplicates", component: () => import("@/customer/DuplicatesView.vue"), meta: { allowed: needs("customer.merge") } },
    { path: "/customers/import/:id(\\w+)?", name: "import", component: () => import("@/transfer/ImportView.vue"), props: (route) => ({ id: typeof route.params.id === "string" && route.params.id ? route.params.id : null }), meta: { allowed: needs("customer.import") } },
    { path: "/tickets", name: "tickets", component: () => import("@/ticket/TicketsView.vue"), meta: { allowed: seesTickets } },
    { path: "/tickets/:id(\\d+)", name: "ticket", component: () => import("@/ticket/TicketView.vue"), props: (route) => ({ id: Number(route.params.id) }), meta: { allowed: seesTickets } },
    { path: "/recordings", name: "library", component: () => import("@/library/LibraryView.vue"), meta: { allowed: seesRecordings } },
    { path: "/recordings/:id([0-9a-f]{32})", name: "recording", component: () => import("@/library/RecordingView.vue"), props: (route) => ({ id: String(route.params.id) }), meta: { allowed: seesRecordings } },
    { path: "/shared/:token([\\w-]+)", name: "shared", component: () => import("@/library/SharedView.vue"), props: (route) => ({ token: String(route.params.token) }) },
    { path: "/ticket-settings/:part(\\w+)?", name: "ticket-settings", component: () => import("@/ticket/settings/SettingsView.vue"), props: (route) => ({ part: String(route.params.part || "") }), meta: { allowed: () => SETTINGS_RIGHTS.some(may) } },
    { path: "/quality/score/:id(\\d+)", name: "quality-score", component: () => import("@/quality/ScoreView.vue"), props: (route) => ({ id: Number(route.params.id) }), meta: { allowed: seesQuality } },
    { path: "/quality/new", name: "quality-new", component: () => import("@/quality/OpenScore.vue"), props: (route) => ({ recording: String(route.query.recording ?? "") }), meta: { allowed: needs("quality.score") } },
    { path: "/quality/:part(\\w+)?", name: "quality", component: () => import("@/quality/QualityView.vue"), props: (route) => ({ part: String(route.params.part || "") }), meta: { allowed: seesQuality } },
    { path: "/admin/:part(\\w+)?", name: "admin", component: () => import("@/admin/AdminView.vue"), props: (route) => ({ part: String(route.params.part || "") }), meta: { allowed: () => ADMIN_RIGHTS.some(may) } },
    { path: "/account", name: "account", component: () => import("@/account/AccountView.vue") },
    { path: "/missed", name: "missed", component: () => import("@/work/MissedView.vue"), meta: { allowed: handlesWork } },
    { path: "/board", name: "board", component: () => import("@/board/BoardView.vue"), meta: { allowed: seesBoard } },
    { path: "/reports", name: "reports", component: () => import("@/report/ReportView.vue"), meta: { allowed: readsReports } },
    { path: "/what-if", name: "whatif", component: () => import("@/whatif/WhatIfView.vue"), meta: { allowed: simulates } },
    { path: "/routing/:part(\\w+)?", name: "routing", component: () => import("@/routing/RoutingView.vue"), props: (route) => ({ part: String(route.params.part || "queues") }), meta: { allowed: describes } },
    { path: "/nothing", name: "nothing", component: () => import("@/shell/NothingView.vue") },
    { path: "/:rest(.*)*", redirect: "/" },
  ],
});

const HOMES = ["work", "board", "customers", "tickets", "routing", "admin"] as const;

function home(): RouteLocationRaw {
  const routes = new Map(router.getRoutes().map((route) => [route.name, route]));
  return { name: HOMES.find((name) => routes.get(name)?.meta.allowed?.()) ?? "nothing" };
}

router.beforeEach((to) => {
  if (!signedIn.value) {
    return to.name === "sign-in" ? true : { name: "sign-in", query: { next: to.fullPath } };
  }
  if (to.name === "sign-in") return typeof to.query.next === "string" ? to.query.next : home();
  return (to.meta.allowed?.() ?? true) ? true : home();
});

// The code of a page is fetched when it is opened first, and that may fail.
router.onError((_error, to) => {
  pageAway.value = to.fullPath;
});
router.afterEach((_to, _from, failure) => {
  if (!failure) pageAway.value = null;
});
watch(timesBack, () => {
  if (pageAway.value !== null) void router.push(pageAway.value).catch(() => undefined);
});
