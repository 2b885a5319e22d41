import { createHash } from 'node:crypto';
import type { ProjectVm } from '../../project/open.ts';

/** What a machine of a project is called where it runs, and its network card’s address: always the same ones. */
export function projectMachineId({ file }: Pick<ProjectVm, 'file'>): { id: string; mac: string } {
  const digest = createHash('sha256').update(`project ${file.value.id}`).digest('hex');
  const id = digest.slice(0, 8);
  return { id, mac: `52:54:00:${digest.slice(8, 10)}:${digest.slice(10, 12)}:${digest.slice(12, 14)}` };
}
