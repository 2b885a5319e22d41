import { type QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { EventAnswer } from '../../api/event.ts';
import type { HardwareRequest } from '../../api/hardware.ts';
import type { HotFixGivenRequest } from '../../api/hot-fix.ts';
import type { StartRequest } from '../../api/machine.ts';
import { PATHS } from '../../api/paths.ts';
import type { ROUTES } from '../../api/routes.ts';
import type { ShareFolderRequest } from '../../api/shared-folder.ts';
import type { HotFixProblem } from '../../policy/hot-fixes.ts';
import { askerOf } from '../ui/ask.ts';
import { useTexts } from './texts/use-texts.ts';

const asker = askerOf<typeof ROUTES>(PATHS);
export const { ask, askGoingOn } = asker;

export function useStatus() {
  return useQuery({ queryKey: ['status'], queryFn: ({ signal }) => ask('status', { signal }) });
}

/** Who has set what is locked. */
export function useProjectName(): string {
  const { itsProject } = useTexts();
  return useStatus().data?.project?.name ?? itsProject;
}

/** One machine, with what was refused lately; that changes without events, so it is asked for again and again. */
export function useMachine(vm: string, refetchInterval: number | false) {
  return useQuery({
    queryKey: ['machine', vm],
    queryFn: ({ signal }) => ask('machine', { vm, signal }),
    refetchInterval,
  });
}

const EVENTS_KEY = ['events'];
const MOST_EVENTS = 300;

/** What happened, newest first. */
export function useEvents() {
  return useQuery({
    queryKey: EVENTS_KEY,
    queryFn: async ({ signal }) =>
      (await asker.askLines('events', { query: { last: `${MOST_EVENTS}` }, signal })).reverse(),
  });
}

/** Puts what has just happened before what is listed: it is seen at once, and not only when the list was asked for again. */
export function listEvent(queries: QueryClient, event: EventAnswer): void {
  queries.setQueryData<EventAnswer[]>(EVENTS_KEY, (listed) => listed && [event, ...listed].slice(0, MOST_EVENTS));
}

export interface Start extends StartRequest {
  vm: string;
}

export function useStart() {
  return useMutation({ mutationFn: ({ vm, ...body }: Start) => ask('start', { vm, body }) });
}

export function useChangePassword() {
  return useMutation({
    mutationFn: ({ vm, ...body }: Start) => ask('password', { vm, body }),
  });
}

export function useStop() {
  return useMutation({
    mutationFn: ({ vm, force }: { vm: string; force: boolean }) => ask('stop', { vm, body: { force } }),
  });
}

export function useHardware() {
  return useMutation({
    mutationFn: ({ vm, ...body }: HardwareRequest & { vm: string }) => ask('hardware', { vm, body }),
  });
}

export function useShareFolder() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ vm, ...body }: ShareFolderRequest & { vm: string }) => ask('shareFolder', { vm, body }),
    onSuccess: ({ vm }) => queries.invalidateQueries({ queryKey: ['machine', vm] }),
  });
}

export function useStopSharing() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (vm: string) => ask('stopSharing', { vm }),
    onSuccess: ({ vm }) => queries.invalidateQueries({ queryKey: ['machine', vm] }),
  });
}

export function useReset() {
  return useMutation({ mutationFn: (vm: string) => ask('reset', { vm }) });
}

export function useSuspend() {
  return useMutation({ mutationFn: (vm: string) => ask('suspend', { vm }) });
}

export function useRollback() {
  return useMutation({ mutationFn: (vm: string) => ask('rollback', { vm }) });
}

export function useReimage() {
  return useMutation({
    mutationFn: ({ vm, dataDisk }: { vm: string; dataDisk: boolean }) =>
      ask('reimage', { vm, body: { dataDisk, confirmed: true } }),
  });
}

export function useRequestHotFix() {
  return useMutation({
    mutationFn: ({ vm, ...body }: HotFixAsked) => ask('requestHotFix', { vm, body }),
  });
}

/** What an answer would do; with `isDone` it is done. */
export function useHotFixAnswer(isDone: boolean) {
  return useMutation({
    mutationFn: ({ vm, given }: { vm: string; given: HotFixGivenRequest }) =>
      ask(isDone ? 'applyHotFix' : 'foreseeHotFix', { vm, body: given }),
  });
}

interface HotFixAsked {
  vm: string;
  problem: HotFixProblem;
  name: string;
  address: string;
  note: string;
}

/** The states that are kept of a machine. */
export function useSnapshots(vm: string, isWanted: boolean) {
  const queryFn = ({ signal }: { signal: AbortSignal }) => ask('snapshots', { vm, signal });
  return useQuery({ queryKey: ['snapshots', vm], queryFn, enabled: isWanted });
}

export function useTakeSnapshot() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ vm, ...body }: { vm: string; name: string; description?: string }) =>
      ask('takeSnapshot', { vm, body }),
    onSuccess: (answer) => queries.setQueryData(['snapshots', answer.vm], answer),
  });
}

export function useChangeSnapshot() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ vm, name, how }: { vm: string; name: string; how: 'revert' | 'remove' }) =>
      ask(how === 'revert' ? 'revertSnapshot' : 'removeSnapshot', { vm, body: { name, confirmed: true } }),
    onSuccess: (answer) => queries.setQueryData(['snapshots', answer.vm], answer),
  });
}

export function useLookUp() {
  return useMutation({ mutationFn: (vm: string) => ask('lookUp', { vm }) });
}
