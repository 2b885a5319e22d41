import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import { jsonOrNothing } from '../lib/json.ts';
import { PolicyDocument } from '../policy/schema.ts';
import { makeFolder } from '../sys/files/folders.ts';
import { KEPT_IN_CLEAR, type KeptFiles } from '../sys/files/kept-files.ts';

const MAX_BYTES = 16 << 20;

/** The last policy that was looked up and verified, and when that was, in milliseconds since 1970. */
const CachedPolicy = z.strictObject({ format: z.literal(1), lookedUpAt: z.int().min(0), document: PolicyDocument });
type CachedPolicy = z.infer<typeof CachedPolicy>;

type Vm = { name: string; id: string };

/** Whether something failed because this computer keeps nothing more: its disk is full, or may only be read. */
export function isUnsaved(error: unknown): error is AppError {
  return error instanceof AppError && (error.code === 'DISK_FULL' || error.code === 'FILE_DENIED');
}

/** What was looked up of each machine’s policy: in a file, or, where it could not be written, in memory until the service ends. */
export class PolicyCache {
  readonly #folder: string;
  readonly #files: KeptFiles;
  readonly #onUnsaved: (vm: string, error: AppError) => void;
  readonly #unsaved = new Map<string, CachedPolicy>();

  constructor(folder: string, onUnsaved: (vm: string, error: AppError) => void, files = KEPT_IN_CLEAR) {
    this.#folder = folder;
    this.#files = files;
    this.#onUnsaved = onUnsaved;
  }

  /** A file that cannot be read counts as no policy, which is restricted or stricter. */
  async read({ name, id }: Vm): Promise<CachedPolicy | undefined> {
    const unsaved = this.#unsaved.get(id);
    if (unsaved) return unsaved;
    const bytes = await this.#files.read(this.#path(name), MAX_BYTES);
    if (!bytes) return undefined;
    const parsed = CachedPolicy.safeParse(jsonOrNothing(bytes.toString('utf8')));
    return parsed.success && parsed.data.document.vmId === id ? parsed.data : undefined;
  }

  /** Keeps a policy that is not older than the one that is kept; one thing at a time for each machine. @throws TRUST_ROLLBACK */
  async keep(vm: Vm, lookedUpAt: number, document: PolicyDocument): Promise<void> {
    const kept = await this.read(vm);
    if (kept && kept.document.serial > document.serial) {
      throw new AppError(
        'TRUST_ROLLBACK',
        `the policy server has serial ${document.serial}; ${kept.document.serial} was seen here`,
      );
    }
    const policy: CachedPolicy = { format: 1, lookedUpAt, document };
    try {
      await makeFolder(this.#folder, 0o700);
      await this.#files.write(this.#path(vm.name), `${JSON.stringify(policy)}\n`);
      this.#unsaved.delete(vm.id);
    } catch (error) {
      if (!isUnsaved(error)) throw error;
      this.#unsaved.set(vm.id, policy);
      this.#onUnsaved(vm.name, error);
    }
  }

  #path(vm: string): string {
    return join(this.#folder, `${vm}.json`);
  }
}
