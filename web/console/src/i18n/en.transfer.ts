// Texts of import and export in English.
export const en = {
  "export.title": "Export this list",
  "export.short": "Export",
  "export.text": "Everything the filters find, as a file.",
  "export.xlsx": "Excel (XLSX)",
  "export.csv": "Text (CSV)",
  "import.title": "Import customers",
  "import.short": "Import",
};
