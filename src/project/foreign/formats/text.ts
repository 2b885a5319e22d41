import { AppError } from '../../../lib/errors.ts';

/** The longest description that is read. */
export const MAX_DESCRIPTION_BYTES = 4 << 20;

/** The text of a description, in the encoding that it says it has. @throws IMPORT_INVALID */
export function descriptionText(bytes: Buffer, name: string, declared: RegExp): string {
  const label = encodingOf(bytes, declared);
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError('IMPORT_INVALID', `${name} is no text in the encoding ${label}`, { cause });
  }
}

function encodingOf(bytes: Buffer, declared: RegExp): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return declared.exec(bytes.toString('latin1', 0, 4096))?.[1]?.slice(0, 40) ?? 'utf-8';
}
