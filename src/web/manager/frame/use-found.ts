import { useState } from 'react';
import type { ProjectAnswer } from '../../../api/manager/project.ts';
import { AskFailure } from '../../ui/ask.ts';
import { useProject } from '../process.ts';

/**
 * The project, or why there is none. That holds until there is another answer: a query that has none forgets its failure while it
 * asks again, and what somebody types into the form of a new project would go with it.
 */
export function useFound(): { data: ProjectAnswer | undefined; missing: AskFailure | undefined } {
  const { data, error, isPending } = useProject();
  const [held, setHeld] = useState<AskFailure>();
  if (isPending) return { data, missing: held };
  const missing =
    data === undefined && error instanceof AskFailure && error.code === 'PROJECT_MISSING' ? error : undefined;
  if (missing !== held) setHeld(missing);
  return { data, missing };
}
