import { basename, dirname, extname, join } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { readUnlinked } from '../../sys/files/files.ts';
import { entriesIn, type FolderEntry } from '../../sys/files/folders.ts';
import { MAX_DESCRIPTION_BYTES } from '../foreign/formats/text.ts';
import { clean } from '../foreign/notes.ts';
import { readSettings } from '../foreign/settings.ts';
import { type AceNote, aceNote } from './notes.ts';

const MOST_ENTRIES = 2000;
const MOST_MACHINES = 100;
/** As long as a project’s name may be. */
const MOST_CHARACTERS = 100;
const RESOURCES = 'project resources';

/** Where the parts of a VMware ACE project lie. */
export interface AceFolder {
  /** What the project is called: its file’s name. */
  name: string;
  /** The policies of the project, where it has some. */
  policies?: FoundFile;
  machines: AceMachineFolder[];
  notes: AceNote[];
}

interface FoundFile {
  path: string;
  /** Its path below the project’s folder. */
  name: string;
}

export interface AceMachineFolder {
  /** What VMware ACE calls the machine. */
  name: string;
  vmx: FoundFile;
  policies?: FoundFile;
  notes: AceNote[];
}

/**
 * Looks at what lies in a project’s folder, and no deeper than in those of its machines. Nothing is followed that leads elsewhere.
 * @throws IMPORT_INVALID, IMPORT_ELSEWHERE, IMPORT_UNSUPPORTED, FILE_*
 */
export async function lookAtProject(path: string): Promise<AceFolder> {
  const file = basename(path);
  const name = basename(file, extname(file)).trim();
  if (extname(file).toLowerCase() !== '.vmprj' || name === '')
    throw new AppError('IMPORT_INVALID', `${path} is no project of VMware ACE: such files are called NAME.vmprj`);
  if (name.length > MOST_CHARACTERS || /\p{Cc}/u.test(name))
    throw new AppError('IMPORT_INVALID', `a project cannot be called as ${clean(file)} is`);
  const bytes = await readUnlinked(path, MAX_DESCRIPTION_BYTES);
  const folder = dirname(path);
  const notes: AceNote[] = [aceNote('project-file', { file }), ...projectLines(bytes, file)];
  const found: AceFolder = { name, machines: [], notes };
  for (const entry of await knownEntries(folder, '')) {
    const lower = entry.name.toLowerCase();
    if (entry.name === file) continue;
    if (entry.kind === 'folder' && lower === RESOURCES) notes.push(...(await resourceNotes(folder, entry.name)));
    else if (entry.kind === 'folder') await addMachine(found, folder, entry.name);
    else if (lower === 'app.vmpl') found.policies = { path: join(folder, entry.name), name: entry.name };
    else if (lower.endsWith('.vmprj'))
      throw new AppError(
        'IMPORT_UNSUPPORTED',
        `${folder} has two projects, ${file} and ${entry.name}: put one elsewhere`,
      );
    else notes.push(aceNote('left', { file: entry.name }));
  }
  return found;
}

/** What stands in a project’s file, where it is lines as in others: how they are written is documented of those alone. */
function projectLines(bytes: Buffer, file: string): AceNote[] {
  try {
    const settings = [...readSettings(bytes, file).values()];
    return settings.map(({ key, line }) => aceNote('not-understood', { key }, { file, line }));
  } catch (error) {
    if (error instanceof AppError && error.code === 'IMPORT_INVALID') return [];
    throw error;
  }
}

async function addMachine(found: AceFolder, folder: string, name: string): Promise<void> {
  const entries = await knownEntries(join(folder, name), `${name}/`);
  const described = entries.filter((entry) => extname(entry.name).toLowerCase() === '.vmx');
  const [vmx, twin] = described;
  if (!vmx) {
    found.notes.push(aceNote('left', { file: `${name}/` }));
    return;
  }
  if (twin)
    throw new AppError(
      'IMPORT_UNSUPPORTED',
      `${name} has two machines, ${vmx.name} and ${twin.name}: put each into a folder of its own`,
    );
  if (found.machines.length === MOST_MACHINES)
    throw new AppError('IMPORT_UNSUPPORTED', `the project has more than ${MOST_MACHINES} machines`);
  const machine = basename(vmx.name, extname(vmx.name));
  const file = (entry: FolderEntry) => ({ path: join(folder, name, entry.name), name: `${name}/${entry.name}` });
  const policies = entries.find((entry) => entry.name.toLowerCase() === `${machine.toLowerCase()}.vmpl`);
  const redo = entries.find((entry) => /\.redo/i.test(entry.name));
  if (redo)
    throw new AppError(
      'IMPORT_UNSUPPORTED',
      `${name} has a snapshot: what was written since is in ${redo.name} alone; remove the snapshot in VMware, which writes it into the disk`,
    );
  found.machines.push({
    name: machine,
    vmx: file(vmx),
    ...(policies ? { policies: file(policies) } : {}),
    notes: entries.flatMap((entry) => {
      const extension = extname(entry.name).toLowerCase();
      if (extension === '.lck') return [aceNote('lock', { file: entry.name })];
      if (extension === '.vmss') return [aceNote('suspended', { file: entry.name })];
      return extension === '.vmpl' && entry !== policies ? [aceNote('left', { file: `${name}/${entry.name}` })] : [];
    }),
  });
}

async function resourceNotes(folder: string, name: string): Promise<AceNote[]> {
  return (await knownEntries(join(folder, name), `${name}/`)).map((entry) =>
    aceNote('resource', { file: `${name}/${entry.name}` }),
  );
}

/** What lies in a folder: Windows knows no links that lead elsewhere, and no two names that differ in capitals alone. */
async function knownEntries(folder: string, shown: string): Promise<FolderEntry[]> {
  const entries = await entriesIn(folder, MOST_ENTRIES);
  if (entries === undefined)
    throw new AppError('IMPORT_UNSUPPORTED', `${folder} has more than ${MOST_ENTRIES} files: such projects have few`);
  const seen = new Map<string, string>();
  for (const { name, kind } of entries) {
    const twin = seen.get(name.toLowerCase());
    if (twin !== undefined)
      throw new AppError('IMPORT_INVALID', `${shown}${name} and ${shown}${twin} differ in capitals alone: remove one`);
    seen.set(name.toLowerCase(), name);
    if (kind === 'link')
      throw new AppError(
        'IMPORT_ELSEWHERE',
        `${shown}${name} is a link, which could lead anywhere: put the file itself there`,
      );
    if (kind === 'other') throw new AppError('IMPORT_ELSEWHERE', `${shown}${name} is neither a file nor a folder`);
  }
  return entries;
}
