import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { TaskAnswer, TaskKind } from '../../../api/manager/tasks.ts';
import { ask } from '../process.ts';

export function useTasks() {
  return useQuery({ queryKey: ['tasks'], queryFn: ({ signal }) => ask('tasks', { signal }) });
}

export function isOn({ state }: TaskAnswer): boolean {
  return state === 'running' || state === 'ending';
}

/** The task of a kind, and about one thing where that is said, that this page has begun, or that goes on since before it was loaded or in another tab. */
export function useTask<Kind extends TaskKind>(
  kind: Kind,
  about?: string,
): { task: Extract<TaskAnswer, { kind: Kind }> | undefined; begun: (task: TaskAnswer) => Promise<void> } {
  const [id, setId] = useState<string>();
  const queries = useQueryClient();
  const tasks = (useTasks().data?.tasks ?? []).filter(
    (task) => task.kind === kind && (about === undefined || task.about === about),
  );
  const task = tasks.find((one) => one.id === id) ?? tasks.find(isOn);
  // Its end is said too, also where somebody else has begun it.
  if (task && task.id !== id) setId(task.id);
  return {
    task: task as Extract<TaskAnswer, { kind: Kind }> | undefined,
    begun: (answer) => {
      setId(answer.id);
      return queries.invalidateQueries({ queryKey: ['tasks'] });
    },
  };
}
