// "Are you sure?", asked from anywhere: one question at a time, answered in ConfirmHost.
import { shallowRef } from "vue";

export interface Question {
  title: string;
  text?: string;
  /** What the button that does it says. */
  yes: string;
  no?: string;
  /** It cannot be undone. */
  danger?: boolean;
}

interface Asked extends Question {
  answer: (sure: boolean) => void;
}

export const question = shallowRef<Asked | null>(null);

/** Whether they are sure; asking again answers the first question with no. */
export function confirm(asked: Question): Promise<boolean> {
  question.value?.answer(false);
  return new Promise((resolve) => {
    question.value = {
      ...asked,
      answer: (sure) => {
        question.value = null;
        resolve(sure);
      },
    };
  });
}
