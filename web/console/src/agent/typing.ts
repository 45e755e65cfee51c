// Whether somebody is typing right now, in which case nothing may move under their hands.
const FIELDS = "input, textarea, select, [contenteditable='true']";

export function isTyping(): boolean {
  return document.activeElement?.matches(FIELDS) ?? false;
}
