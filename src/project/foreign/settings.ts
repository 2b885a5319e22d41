import { AppError } from '../../lib/errors.ts';
import { descriptionText } from './formats/text.ts';

const MAX_LINES = 20_000;
const LINE = /^([A-Za-z0-9_.:%*\-[\] ]{1,200}?)\s*=\s*"([^"]*)"$/;

/** One line `key = "value"`. */
export interface Setting {
  /** As it is written. */
  key: string;
  value: string;
  line: number;
}

/** The lines of a file, by their keys in small letters: VMware’s programs do not tell capitals from them. */
export type Settings = ReadonlyMap<string, Setting>;

/** The lines `key = "value"` of a file of VMware’s programs. @throws IMPORT_INVALID */
export function readSettings(bytes: Buffer, name: string): Settings {
  const lines = descriptionText(bytes, name, /^\s*\.encoding\s*=\s*"([\w.:-]+)"/im)
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/);
  if (lines.length > MAX_LINES) throw new AppError('IMPORT_INVALID', `${name} has more than ${MAX_LINES} lines`);
  const settings = new Map<string, Setting>();
  for (const [index, raw] of lines.entries()) {
    const text = raw.trim();
    const line = index + 1;
    if (text === '' || text.startsWith('#')) continue;
    const [, key, value = ''] = LINE.exec(text) ?? [];
    if (key === undefined) throw new AppError('IMPORT_INVALID', `${name}, line ${line}, is not \`key = "value"\``);
    const known = key.toLowerCase();
    if (settings.has(known)) throw new AppError('IMPORT_INVALID', `${name}, line ${line}, says ${known} again`);
    const plain = value.replace(/\|([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
    settings.set(known, { key, value: plain, line });
  }
  return settings;
}
