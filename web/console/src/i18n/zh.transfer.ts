// 导入与导出的中文文本。
import type { en } from "./en.transfer";

export const zh: Record<keyof typeof en, string> = {
  "export.title": "导出此列表",
  "export.short": "导出",
  "export.text": "将筛选出的全部内容导出为文件。",
  "export.xlsx": "Excel 工作簿（XLSX）",
  "export.csv": "文本（CSV）",
  "import.title": "导入客户",
  "import.short": "导入",
};
