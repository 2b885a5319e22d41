import { useQuery } from '@tanstack/react-query';
import { MANAGER_PATHS } from '../../api/manager/paths.ts';
import type { MANAGER_ROUTES } from '../../api/manager/routes.ts';
import { Quarantine } from '../../policy/quarantine.ts';
import { askerOf } from '../ui/ask.ts';

export const { ask } = askerOf<typeof MANAGER_ROUTES>(MANAGER_PATHS);

export function useProject() {
  return useQuery({ queryKey: ['project'], queryFn: ({ signal }) => ask('project', { signal }) });
}

export function useDeployments() {
  return useQuery({ queryKey: ['deployments'], queryFn: ({ signal }) => ask('deployments', { signal }) });
}

export function usePackages() {
  return useQuery({ queryKey: ['packages'], queryFn: ({ signal }) => ask('packages', { signal }) });
}

/** A machine’s quarantine as its file has it, its lists parsed: so the rules of `quarantine` take it. */
export function useQuarantine(vm: string) {
  return useQuery({
    queryKey: ['quarantine', vm],
    queryFn: async ({ signal }) => {
      const { quarantine, ...answer } = await ask('quarantine', { vm, signal });
      return { ...answer, quarantine: Quarantine.parse(quarantine) };
    },
  });
}

/** What a name stands for now, as the administrator’s computer resolves it. */
export function useResolved(name: string, isName: boolean) {
  return useQuery({
    queryKey: ['resolve', name],
    queryFn: ({ signal }) => ask('resolve', { query: { name }, signal }),
    enabled: isName,
    staleTime: 60_000,
  });
}
