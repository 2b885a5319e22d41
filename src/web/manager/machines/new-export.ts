import type { BodyIn } from '../../../api/answers.ts';
import type { MANAGER_ROUTES } from '../../../api/manager/routes.ts';

type Export = BodyIn<typeof MANAGER_ROUTES, 'exportMachine'>;

/** What a machine is to be exported as, and where, as it is being typed. */
export interface NewExport {
  format: Export['format'];
  folder: string;
  /** Empty: what the machine is called. */
  file: string;
}

/** What still has to be said before a machine can be exported, by the field that says it. */
export type MissingField = 'folder' | 'wholeFolder' | 'plainFile';

export function missingOf({ folder, file }: NewExport): readonly MissingField[] {
  const missing: MissingField[] = [];
  if (!folder.trim().startsWith('/')) missing.push(folder.trim() === '' ? 'folder' : 'wholeFolder');
  if (file.includes('/')) missing.push('plainFile');
  return missing;
}

export function usualFile(vm: string, { format }: NewExport): string {
  return `${vm}.${format}`;
}

/** Undefined while something is missing. */
export function exportRequest(vm: string, wanted: NewExport): Export | undefined {
  if (missingOf(wanted).length > 0) return undefined;
  const folder = wanted.folder.trim().replace(/\/+$/, '');
  return { format: wanted.format, path: `${folder}/${wanted.file.trim() || usualFile(vm, wanted)}` };
}
