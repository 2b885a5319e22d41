import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ask } from '../process.ts';

export type Change = { how: 'take'; name: string; description?: string } | { how: 'revert' | 'remove'; name: string };

/**
 * Takes a snapshot of a machine, goes back to one or removes one; what would be lost was said before. `onDone` is told although what
 * asked for it is not shown any more.
 */
export function useChangeSnapshot(vm: string, onDone: (change: Change) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ how, ...body }: Change) => {
      if (how === 'take') return ask('takeSnapshot', { vm, body });
      return ask(how === 'revert' ? 'revertSnapshot' : 'removeSnapshot', { vm, body: { ...body, confirmed: true } });
    },
    onSuccess: (answer, change) => {
      onDone(change);
      queries.setQueryData(['snapshots', vm], answer);
      return queries.invalidateQueries({ queryKey: ['project'] });
    },
  });
}
