import { AppError } from '../../lib/errors.ts';
import { readUnlinked } from '../../sys/files/files.ts';
import { MAX_DESCRIPTION_BYTES } from '../foreign/formats/text.ts';
import { readSettings, type Setting, type Settings } from '../foreign/settings.ts';

const MOST_MEMBERS = 2000;
/** Lazaret takes fewer; some may be switched off. */
const MOST_NUMBERS = 64;

/** A file of `key = "value"` lines, and what people call it: its path below the project’s folder. */
export interface PolicyLines {
  name: string;
  settings: Settings;
}

/** @throws FILE_*, IMPORT_INVALID */
export async function readLines(path: string, name: string): Promise<PolicyLines> {
  return { name, settings: readSettings(await readUnlinked(path, MAX_DESCRIPTION_BYTES), name) };
}

export function invalid({ name }: PolicyLines, { line }: Setting, what: string): AppError {
  return new AppError('IMPORT_INVALID', `${name}, line ${line}, ${what}`);
}

/** A setting that is `"1"` or `"0"`; undefined where it is not there. @throws IMPORT_INVALID */
export function flagIn(lines: PolicyLines, key: string): boolean | undefined {
  const setting = lines.settings.get(key.toLowerCase());
  if (setting === undefined) return undefined;
  if (setting.value !== '0' && setting.value !== '1') throw invalid(lines, setting, `is neither "0" nor "1"`);
  return setting.value === '1';
}

/** The members of a comma list. @throws IMPORT_INVALID for one that is empty, IMPORT_UNSUPPORTED for too many */
export function listIn(lines: PolicyLines, key: string): string[] {
  const setting = lines.settings.get(key.toLowerCase());
  if (setting === undefined || setting.value.trim() === '') return [];
  const members = setting.value.split(',').map((member) => member.trim());
  if (members.length > MOST_MEMBERS)
    throw new AppError('IMPORT_UNSUPPORTED', `${lines.name}, line ${setting.line}, lists more than ${MOST_MEMBERS}`);
  if (members.includes('')) throw invalid(lines, setting, 'has a comma with nothing beside it');
  return members;
}

/** @throws IMPORT_INVALID */
export function numberIn(lines: PolicyLines, key: string): number | undefined {
  const setting = lines.settings.get(key.toLowerCase());
  if (setting === undefined) return undefined;
  if (!/^\d{1,4}$/.test(setting.value)) throw invalid(lines, setting, 'is not a number');
  return Number(setting.value);
}

/** The numbers `n` of `<before>.<n>.…`, rising. @throws IMPORT_UNSUPPORTED */
export function numbersIn({ name, settings }: PolicyLines, before: string): number[] {
  const pattern = new RegExp(`^${before.toLowerCase().replaceAll('.', '\\.')}\\.(0|[1-9]\\d{0,3})\\.`);
  const found = [...settings.keys()].flatMap((key) => pattern.exec(key)?.[1] ?? []);
  const numbers = new Set(found);
  if (numbers.size > MOST_NUMBERS)
    throw new AppError('IMPORT_UNSUPPORTED', `${name} has more than ${MOST_NUMBERS} of ${before}`);
  return [...numbers].map(Number).toSorted((a, b) => a - b);
}
