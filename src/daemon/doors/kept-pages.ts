import { join } from 'node:path';
import { z } from 'zod';
import type { Asker } from '../../install/state/machine/owner.ts';
import { jsonOrNothing } from '../../lib/json.ts';
import { MAX_SESSIONS } from '../../pages/admission.ts';
import { readIfThere, removeFile, writeFileAtomic } from '../../sys/files/files.ts';
import { makeFolder, namesIn, removeTemporary } from '../../sys/files/folders.ts';

const MAX_BYTES = 64 << 10;
const NAME = /^(anybody|\d{1,10})\.json$/;

/** Where somebody’s player is, and the sessions it has: no secret of them, only how to know it again. */
const KeptPage = z.strictObject({
  format: z.literal(1),
  port: z.int().min(1).max(65_535),
  sessions: z
    .array(z.strictObject({ digest: z.string().regex(/^[0-9a-f]{64}$/), user: z.int().min(0), until: z.int() }))
    .max(MAX_SESSIONS),
});
export type KeptPage = Omit<z.infer<typeof KeptPage>, 'format'>;

/** Where the pages of a service are noted in its run folder, so that they go on with the next service. */
export function pagesFolder(run: string): string {
  return join(run, 'pages');
}

/** The notes of pages, one file for each who asks, root’s alone. One that is damaged, and any other file, counts as none. */
export class KeptPages {
  readonly #folder: string;

  constructor(run: string) {
    this.#folder = pagesFolder(run);
  }

  /** Whose pages there were. */
  async askers(): Promise<Asker[]> {
    await removeTemporary(this.#folder);
    const names = (await namesIn(this.#folder)).flatMap((name) => NAME.exec(name)?.[1] ?? []);
    return names.map((name) => (name === 'anybody' ? name : Number(name)));
  }

  async read(asker: Asker): Promise<KeptPage | undefined> {
    const bytes = await readIfThere(this.#path(asker), MAX_BYTES);
    return KeptPage.safeParse(jsonOrNothing(bytes?.toString('utf8') ?? '')).data;
  }

  /** @throws DISK_FULL, FILE_DENIED */
  async write(asker: Asker, { port, sessions }: KeptPage): Promise<void> {
    await makeFolder(this.#folder, 0o700);
    const note: z.infer<typeof KeptPage> = { format: 1, port, sessions };
    await writeFileAtomic(this.#path(asker), `${JSON.stringify(note)}\n`, 0o600);
  }

  async forget(asker: Asker): Promise<void> {
    await removeFile(this.#path(asker));
  }

  #path(asker: Asker): string {
    return join(this.#folder, `${asker}.json`);
  }
}
