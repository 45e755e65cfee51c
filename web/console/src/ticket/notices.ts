// What one is told of tickets, in words; pure.
import type { Key } from "@/i18n";

const TEXTS: Record<string, Key> = {
  assigned: "notice.assigned",
  reopened: "notice.reopened",
  customer_reply: "notice.reply",
  woken: "notice.woken",
  respond: "notice.late",
  update: "notice.late",
  resolve: "notice.late",
};
export const noticeText = (kind: string): Key => (Object.hasOwn(TEXTS, kind) ? (TEXTS[kind] as Key) : "notice.other");
