// An agent's skills as rows of a form, and back; pure.
export interface SkillLevel {
  skill: string;
  level: number;
}

export const fromSkills = (skills: Readonly<Record<string, number>>): SkillLevel[] => Object.entries(skills).map(([skill, level]) => ({ skill, level }));

/** A skill that is there twice counts with its highest level. */
export function toSkills(rows: readonly SkillLevel[]): Record<string, number> {
  const skills: Record<string, number> = {};
  for (const { skill, level } of rows) skills[skill] = Math.max(skills[skill] ?? 0, level);
  return skills;
}
