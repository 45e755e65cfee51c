// What can be answered to a question, and how far one is; pure.
import type { Answer, Question, ScoreContent } from "@/api/quality";

export interface Option {
  /** Null: it does not apply. */
  value: number | null;
  /** The key that chooses it. */
  key: string;
  label: string;
}

export interface Said {
  yes: string;
  no: string;
  not: string;
}

export const NOTHING: Answer = { value: null, not_applicable: false, note: "" };
/** A question that nobody wrote anything to yet. */
export const blankQuestion = (): Question => ({ text: "", kind: "yes_no", key: null, section: "", help: "", most: 5, choices: [], weight: 10, knock_out: false, optional: false });
export const NO_CONTENT: ScoreContent = { answers: {}, remarks: [], summary: "" };

/** Yes is 1 and no is 0, as one counts; a choice is its place from 1; what does not apply is n. */
export function optionsOf(question: Question, said: Said): Option[] {
  const found: Option[] =
    question.kind === "yes_no"
      ? [{ value: 1, key: "1", label: said.yes }, { value: 0, key: "0", label: said.no }]
      : question.kind === "scale"
        ? Array.from({ length: question.most + 1 }, (_, value) => ({ value, key: String(value), label: String(value) }))
        : question.choices.map(({ label }, value) => ({ value, key: String(value + 1), label }));
  return question.optional ? [...found, { value: null, key: "n", label: said.not }] : found;
}

export const answerOf = (content: ScoreContent, key: string | null): Answer => content.answers[key ?? ""] ?? NOTHING;
export const isAnswered = (answer: Answer): boolean => answer.value !== null || answer.not_applicable;
export const isChosen = (answer: Answer, option: Option): boolean => (option.value === null ? answer.not_applicable : answer.value === option.value);

/** The same content with one answer changed. */
export function answered(content: ScoreContent, key: string, change: Partial<Answer>): ScoreContent {
  return { ...content, answers: { ...content.answers, [key]: { ...answerOf(content, key), ...change } } };
}

export const chosen = (option: Option): Partial<Answer> => ({ value: option.value, not_applicable: option.value === null });

/** What was chosen, in words; null: nothing was. */
export function wordOf(question: Question, answer: Answer, said: Said): string | null {
  return optionsOf(question, said).find((one) => isChosen(answer, one))?.label ?? null;
}

export function progress(questions: readonly Question[], content: ScoreContent): { done: number; of: number } {
  return { done: questions.filter((one) => isAnswered(answerOf(content, one.key))).length, of: questions.length };
}

/** What an answer earned, from 0 to 1; null: it did not apply, or was not answered. */
export function earned(question: Question, answer: Answer): number | null {
  if (answer.value === null) return null;
  if (question.kind === "choice") return (question.choices[answer.value]?.points ?? 0) / 100;
  return answer.value / (question.kind === "scale" ? question.most : 1);
}

/** The questions in their order, those of a section together under its name. */
export function sections(questions: readonly Question[]): { name: string; questions: Question[] }[] {
  const found: { name: string; questions: Question[] }[] = [];
  for (const one of questions) {
    const last = found.at(-1);
    if (last?.name === one.section) last.questions.push(one);
    else found.push({ name: one.section, questions: [one] });
  }
  return found;
}

/** As it is sent: a remark that nothing was written to yet stays here. */
export const sendable = (content: ScoreContent): ScoreContent => ({ ...content, remarks: content.remarks.filter((one) => one.text.trim() !== "") });
