import { AppError } from '../../lib/errors.ts';
import { HOT_FIX_DAYS } from '../../policy/hot-fixes.ts';
import { DAY_MS } from '../../policy/parts/fields.ts';
import { openProject, type Project } from '../../project/open.ts';
import { readCapped } from '../../sys/files/files.ts';
import {
  heardRequest,
  MOST_HOT_FIX_BYTES,
  type Problem,
  parseHotFixRequest,
  recovers,
} from '../../trust/hot-fix/request.ts';
import { machineNumber } from '../../trust/hot-fix/telephone.ts';
import { type AnsweredHotFix, readHotFixLog } from './log.ts';

/** Where a request is: in a file, in a text that was one, or in letters that were read out. */
export type RequestSource = { path: string } | { text: string } | { letters: string };

/** A request for a hot fix of one of the project’s machines, as its administrator looks at it. */
export interface OpenedRequest {
  /** Its name, which is also all that is read out of it. */
  request: string;
  way: 'file' | 'telephone';
  vm: string;
  vmId: string;
  problem: Problem;
  /** Its disks are encrypted: the project’s recovery key answers it. */
  recovers: boolean;
  /** What its file says besides; nobody has signed it. */
  told?: {
    name: string;
    address: string;
    note: string;
    computer: string;
    situation: string;
    /** ISO time. */
    madeAt: string;
  };
  /** Why its computer takes no answer any more. */
  isOver?: string;
  /** The answers that were given to it before. */
  answered: AnsweredHotFix[];
}

/** Opens a request. @throws PROJECT_*, FILE_*, HOT_FIX_INVALID, HOT_FIX_WRONG, HOT_FIX_FOREIGN, VM_UNKNOWN */
export async function openRequest(folder: string, source: RequestSource, now: number): Promise<OpenedRequest> {
  const project = await openProject(folder);
  const opened = 'letters' in source ? heard(project, source.letters) : await filed(project, source, now);
  const answered = (await readHotFixLog(folder)).filter(({ request }) => request === opened.request);
  return { ...opened, answered };
}

function heard({ vms }: Project, letters: string): Omit<OpenedRequest, 'answered'> {
  const { request, problem, machine, recovers } = heardRequest(letters);
  const vm = vms.find(({ file }) => machineNumber(file.value.id) === machine);
  if (!vm) throw new AppError('VM_UNKNOWN', 'the request is of no machine of this project');
  return { request, way: 'telephone', vm: vm.name, vmId: vm.file.value.id, problem, recovers };
}

async function filed(
  { file: projectFile }: Project,
  source: Exclude<RequestSource, { letters: string }>,
  now: number,
): Promise<Omit<OpenedRequest, 'answered'>> {
  const bytes = 'text' in source ? Buffer.from(source.text) : await readCapped(source.path, MOST_HOT_FIX_BYTES);
  const file = parseHotFixRequest(bytes);
  const { project, vm, vmId, problem, request, key, format: _, kind: __, ...told } = file;
  const { name, fingerprint, hotFixKey } = projectFile.value;
  if (project.fingerprint !== fingerprint)
    throw new AppError(
      'HOT_FIX_FOREIGN',
      `the request is of the project ${project.name} (${project.fingerprint}), and this is ${name} (${fingerprint})`,
      { details: { project } },
    );
  const isOver =
    now >= Date.parse(told.madeAt) + HOT_FIX_DAYS * DAY_MS
      ? `the request is more than ${HOT_FIX_DAYS} days old`
      : key === hotFixKey?.signs
        ? undefined
        : 'its computer looks for another key than the project’s present one';
  const opened = { request, way: 'file' as const, vm, vmId, problem, recovers: recovers(request), told };
  return isOver === undefined ? opened : { ...opened, isOver };
}
