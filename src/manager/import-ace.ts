import { requireGoing } from '../lib/interrupted.ts';
import type { AceProject } from '../project/ace/read-ace.ts';
import type { TellCopied } from '../project/image/tell-copied.ts';
import { vmNamed } from '../project/open.ts';
import { savePolicies, saveProjectFile, withProject } from '../project/save.ts';
import type { Identity } from '../trust/root.ts';
import { fillProject, type NewProject } from './found-project.ts';
import { addForeign } from './machines/machines.ts';
import { makeWhole } from './make-whole.ts';

interface Options extends Omit<NewProject, 'name'> {
  signal?: AbortSignal;
  /** Told how much of a machine’s disk is written. */
  onBytes?: (vm: string, ...told: Parameters<TellCopied>) => void;
}

export interface ImportedAce extends Identity {
  /** The machines that it has, each with what its administrator may not have meant. */
  machines: { vm: string; warnings: string[] }[];
}

/**
 * Makes a project of one of VMware ACE, in an empty folder. It is a project from its last step on: whatever fails or is called off
 * before leaves none.
 * @throws PROJECT_EXISTS, PROJECT_NESTED, PROJECT_BUSY, IMPORT_*, DISK_*, FILE_*, INTERRUPTED
 */
export function importAce(
  folder: string,
  { host, machines, name }: AceProject,
  { signal, onBytes, ...options }: Options,
): Promise<ImportedAce> {
  return makeWhole(folder, async (inside) => {
    const identity = await fillProject(inside, { name, ...options });
    const added: ImportedAce['machines'] = [];
    for (const { name: vm, machine } of machines) {
      requireGoing(signal);
      const { warnings } = await addForeign(inside, vm, machine, {
        ...(signal ? { signal } : {}),
        ...(onBytes ? { onBytes: (...told: Parameters<TellCopied>) => onBytes(vm, ...told) } : {}),
      });
      added.push({ vm, warnings });
    }
    await withProject(inside, async (project) => {
      await savePolicies(
        machines.map(({ name: vm, quarantine }) => {
          const found = vmNamed(project, vm);
          return { vm: found, policy: { ...found.policy.value, quarantine } };
        }),
      );
      if (host) await saveProjectFile(project, { ...project.file.value, host });
    });
    requireGoing(signal);
    return { ...identity, machines: added };
  });
}
