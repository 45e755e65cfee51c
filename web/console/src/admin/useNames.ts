// Roles, rights and teams by the names people read.
import type { RoleRow } from "@/api/admin";
import { useText, type Key } from "@/i18n";

import { RIGHTS, ROLES } from "./words";

export function useNames() {
  const { t } = useText();
  const named = (texts: Record<string, Key>, name: string): string => {
    const key = texts[name];
    return key ? t(key) : name;
  };
  return {
    role: (one: Pick<RoleRow, "name" | "label">): string => one.label || named(ROLES, one.name),
    right: (name: string): string => named(RIGHTS, name),
  };
}
