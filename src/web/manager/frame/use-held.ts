import { useState } from 'react';

/** An answer as it was when somebody began to change it. */
interface Held<Answer> {
  answer: Answer;
  /** Somebody else has saved something since. */
  isStale: boolean;
  /** Goes on from what it is now. */
  takeOver: () => void;
}

/** Holds an answer still while it is being changed; whoever saves says by `seen` which one he has seen. */
export function useHeld<Answer extends { seen: string }>(answer: Answer, isChanging: boolean): Held<Answer> {
  const [held, setHeld] = useState(answer);
  if (!isChanging && held !== answer) setHeld(answer);
  return {
    answer: isChanging ? held : answer,
    isStale: isChanging && held.seen !== answer.seen,
    takeOver: () => setHeld(answer),
  };
}
