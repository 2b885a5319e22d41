import { resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import { jsonOrNothing } from '../lib/json.ts';
import { readCapped, writeFileAtomic } from '../sys/files/files.ts';
import { openMail } from '../sys/programs/mail.ts';
import { interruptible } from './interruptible.ts';

const MAX_BYTES = 16 << 10;
/** It may say how somebody is called, and what he has written. */
const OWNER_ONLY = 0o600;

/** The machine that a hot fix names: which service proves it, it says itself. */
const Named = z.looseObject({ signed: z.looseObject({ vm: z.string().max(40) }) });

/** A hot fix, and the machine it is for. @throws HOT_FIX_INVALID, FILE_* */
export async function readHotFixFile(path: string): Promise<{ vm: string; text: string }> {
  const text = (await readCapped(path, MAX_BYTES)).toString('utf8');
  const { data } = Named.safeParse(jsonOrNothing(text));
  if (!data) throw new AppError('HOT_FIX_INVALID', `${path} is no hot fix`);
  return { vm: data.signed.vm, text };
}

/** Writes a request or an answer; gives where it is. */
export async function writeHotFixFile(path: string, text: string): Promise<string> {
  await writeFileAtomic(path, text, OWNER_ONLY);
  return resolve(path);
}

/** Opens a mail with such a file, for its user to send; false where this desktop has no mail program. */
export function mailHotFixFile(to: string, subject: string, body: string, attach: string): Promise<boolean> {
  return openMail({ to, subject, body, attach });
}

/** What somebody at the terminal types; undefined where nobody can be asked. @throws INTERRUPTED */
export async function askLine(message: string, placeholder = ''): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const { isCancel, text } = await import('@clack/prompts');
  const answer = await interruptible((signal) => text({ message, placeholder, signal }));
  if (isCancel(answer)) throw new AppError('INTERRUPTED', 'interrupted');
  return answer ?? '';
}
