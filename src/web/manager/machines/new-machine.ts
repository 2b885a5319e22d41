import type { BodyIn } from '../../../api/answers.ts';
import type { MANAGER_ROUTES } from '../../../api/manager/routes.ts';

type Request = BodyIn<typeof MANAGER_ROUTES, 'importDisk'>;

/** A machine that is being described; a field of a number is text while it is empty. */
export interface NewMachine {
  vm: string;
  from: 'file' | 'path';
  file: File | null;
  path: string;
  format: 'found' | NonNullable<Request['diskFormat']>;
  memoryMiB: number | string;
  cpus: number | string;
  dataDiskGiB: number | string;
  os: 'found' | NonNullable<Request['os']>;
  firmware: 'found' | NonNullable<Request['firmware']>;
  tpm: 'found' | boolean;
  secureBoot: 'found' | boolean;
}

export const EMPTY: NewMachine = {
  ...{ vm: '', from: 'file', file: null, path: '', format: 'found' },
  ...{ memoryMiB: 2048, cpus: 2, dataDiskGiB: '', os: 'found', firmware: 'found' },
  ...{ tpm: 'found', secureBoot: 'found' },
};

/** What still has to be said before a machine can be added, by the field that says it. */
export type MissingField = 'name' | 'file' | 'path' | 'wholePath' | 'memory' | 'cpus';

export function missingOf(machine: NewMachine): readonly MissingField[] {
  const { from, file, path, memoryMiB, cpus } = machine;
  const missing: MissingField[] = machine.vm.trim() === '' ? ['name'] : [];
  if (from === 'file' && !(file && file.size > 0)) missing.push('file');
  if (from === 'path' && !path.trim().startsWith('/')) missing.push(path.trim() === '' ? 'path' : 'wholePath');
  if (saysHardware(machine)) return missing;
  if (typeof memoryMiB !== 'number') missing.push('memory');
  if (typeof cpus !== 'number') missing.push('cpus');
  return missing;
}

/** What is asked of the manager; none while something is missing. */
export function importRequest(machine: NewMachine): Request | undefined {
  const { memoryMiB, cpus, dataDiskGiB, os, firmware, tpm, secureBoot, format } = machine;
  const vm = machine.vm.trim();
  const disk = diskOf(machine);
  const hardware = saysHardware(machine) ? {} : numbersOf(memoryMiB, cpus);
  if (vm === '' || !disk || !hardware) return undefined;
  return {
    ...{ vm, disk },
    ...hardware,
    ...(typeof dataDiskGiB === 'number' ? { dataDiskMiB: dataDiskGiB * 1024 } : {}),
    ...(os === 'found' ? {} : { os }),
    ...(firmware === 'found' ? {} : { firmware }),
    ...(tpm === 'found' ? {} : { tpm }),
    ...(secureBoot === 'found' ? {} : { secureBoot }),
    ...(format === 'found' ? {} : { diskFormat: format }),
  };
}

/** What is sent is a whole machine, which says memory and processors itself. */
export function saysHardware({ from, file }: NewMachine): boolean {
  return from === 'file' && file !== null && /\.ova$/i.test(file.name);
}

function numbersOf(memoryMiB: number | string, cpus: number | string) {
  return typeof memoryMiB === 'number' && typeof cpus === 'number' ? { memoryMiB, cpus } : undefined;
}

function diskOf({ from, file, path }: NewMachine): Request['disk'] | undefined {
  if (from === 'path') return path.trim().startsWith('/') ? { path: path.trim() } : undefined;
  return file && file.size > 0 ? { upload: { name: file.name, bytes: file.size } } : undefined;
}
