import { join } from 'node:path';
import { z } from 'zod';
import { failureOf } from '../../lib/errors.ts';
import { jsonOrNothing } from '../../lib/json.ts';
import { readIfThere, removeFile, writeFileAtomic } from '../../sys/files/files.ts';
import type { Log } from '../../sys/log.ts';
import type { Asked } from './asked-plugin.ts';

const MAX_BYTES = 256 << 10;

/** `plugin.json` in a machine’s run folder: what its plug-in said last, so that a restarted service need not wait for it. */
const LastWord = z.strictObject({
  format: z.literal(1),
  about: z.string(),
  verdict: z.enum(['yes', 'no', 'reject']),
  /** When it said so, in milliseconds since 1970. */
  at: z.int(),
});

/** Keeps what a plug-in said. Where it cannot, or that was no word, there is none: a later service asks first. */
export async function keepWord(runFolder: string, { about, answer: { verdict }, at }: Asked, log: Log): Promise<void> {
  const path = wordPath(runFolder);
  try {
    // What was kept is over, whatever comes of this.
    await removeFile(path);
    const kept = { format: 1, about, verdict, at };
    if (verdict !== 'void') await writeFileAtomic(path, `${JSON.stringify(kept)}\n`, 0o600);
  } catch (error) {
    log.warn(failureOf(error), 'the plug-in’s word could not be kept');
  }
}

/** What the plug-in said not longer than `maxAgeMs` ago; whoever uses it looks whether it is about what is now. */
export async function keptWord(runFolder: string, maxAgeMs: number, now = Date.now()): Promise<Asked | undefined> {
  const bytes = await readIfThere(wordPath(runFolder), MAX_BYTES);
  const { data } = LastWord.safeParse(jsonOrNothing(bytes?.toString('utf8') ?? ''));
  if (!data || data.at > now || now - data.at > maxAgeMs) return undefined;
  return { about: data.about, answer: { verdict: data.verdict }, at: data.at };
}

function wordPath(runFolder: string): string {
  return join(runFolder, 'plugin.json');
}
