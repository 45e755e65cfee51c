// Tokens of payment pages, in Chinese.
import type { en } from "./en.payment";

export const zh: Record<keyof typeof en, string> = {
  "admin.payment": "支付页面",
  "pay.title": "支付页面",
  "pay.text": "客户报出卡号时，支付页面可暂停录音。支付页面的服务器凭令牌请求，无需任何人的登录会话；令牌不能用于其他操作。",
  "pay.name": "名称",
  "pay.nameHint": "哪个页面或系统；会写入审计日志",
  "pay.days": "有效期",
  "pay.daysUnit": "天",
  "pay.daysHint": "留空：直到被撤销",
  "pay.make": "生成令牌",
  "pay.once": "请立即交给支付页面：令牌只显示这一次。",
  "pay.none": "没有令牌",
  "pay.noneText": "坐席可用电话栏的按钮暂停；支付页面需要令牌。",
  "pay.live": "有效",
  "pay.revoked": "已撤销",
  "pay.expired": "已过期",
  "pay.by": "{who} 于 {at} 生成",
  "pay.noEnd": "长期有效",
  "pay.until": "至 {at}",
  "pay.unused": "尚未使用",
  "pay.used": "最近使用 {at}",
  "pay.revoke": "撤销",
  "pay.revokeTitle": "撤销“{name}”？",
  "pay.revokeText": "从现在起，该页面永远无法再暂停录音。",
  "error.tooManyTokens": "令牌过多：请撤销不再使用的令牌",
};
