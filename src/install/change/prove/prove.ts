import { hash } from 'node:crypto';
import type { LayerEntry } from '../../../layer/entry.ts';
import { hashPieces } from '../../../layer/rebuild/pieces.ts';
import { AppError, type Failure, failureOf } from '../../../lib/errors.ts';
import { bootFiles } from '../../../package/boot-files.ts';
import { digestFile, isThere } from '../../../sys/files/files.ts';
import { qemuCheck } from '../../../sys/programs/qemu-img.ts';
import { type Instance, instanceNames, readGeneration } from '../../state/instances.ts';
import { filePath, flatPath, layerPath } from '../../state/layout.ts';
import { usedLayers } from '../../state/machine/chain.ts';
import { examine } from '../../state/machine/damage.ts';
import { type DiskProof, proveDisks } from './prove-disks.ts';

/** A machine, and what is wrong with it. */
export interface Proof {
  vm: string;
  failure?: Failure;
  disks: DiskProof[];
}

/**
 * Reads all that is installed and holds it to what was signed: layers by their pieces, other files by their digests. What was made
 * here, of several layers or by a machine, is checked as far as QEMU can. Nothing is mended. `damaged` has the digests that are to be fetched again.
 * @throws INTERRUPTED, PROGRAM_MISSING, DISK_UNCONFINED
 */
export async function proveInstalled(
  state: string,
  runs: (vm: string) => boolean,
  signal?: AbortSignal,
): Promise<{ proofs: Proof[]; damaged: string[] }> {
  const prover = new Prover(state, signal);
  const proofs: Proof[] = [];
  for (const vm of await instanceNames(state)) {
    const found = await examine(state, vm);
    if (!found) continue;
    const instance = 'instance' in found ? found.instance : undefined;
    const wrong = instance ? await prover.machine(instance) : [];
    // What an earlier check found is proven anew.
    const failure = found.damage && !found.damage.isProven ? found.damage.failure : damageOf(wrong);
    const disks = await proveDisks(state, vm, instance, { runs: () => runs(vm), signal });
    proofs.push({ vm, ...(failure ? { failure: failureOf(failure) } : {}), disks });
  }
  return { proofs, damaged: prover.damaged };
}

function damageOf([first, ...others]: readonly string[]): AppError | undefined {
  if (first === undefined) return undefined;
  const more = others.length > 0 ? `, and ${others.length} more` : '';
  return new AppError('STATE_DAMAGED', `${first} is not as it was signed${more}`, {
    details: { paths: [first, ...others] },
  });
}

class Prover {
  readonly #state: string;
  readonly #signal: AbortSignal | undefined;
  /** Each file is read once, whatever stands on it. */
  readonly #read = new Map<string, boolean>();
  readonly damaged: string[] = [];

  constructor(state: string, signal: AbortSignal | undefined) {
    this.#state = state;
    this.#signal = signal;
  }

  /** The paths of what is damaged of a machine, its former generation’s too. */
  async machine({ file: { vm }, current, former }: Instance): Promise<string[]> {
    const generations = [current];
    if (former !== undefined) generations.push(await readGeneration(this.#state, vm, former));
    const wrong = new Set<string>();
    for (const { machine } of generations) {
      for (const layer of await usedLayers(this.#state, machine.layers)) {
        const flat = flatPath(this.#state, layer.sha256);
        const isFlat = await isThere(flat);
        const path = isFlat ? flat : layerPath(this.#state, layer.sha256);
        const check = () => (isFlat ? qemuCheck(flat, this.#signal) : this.#isLayer(path, layer));
        if (!(await this.#holds(path, layer.sha256, check))) wrong.add(path);
      }
      for (const { sha256 } of bootFiles(machine)) {
        const path = filePath(this.#state, sha256);
        const isFile = async () => (await digestFile(path, this.#signal)).sha256 === sha256;
        if (!(await this.#holds(path, sha256, isFile))) wrong.add(path);
      }
    }
    return [...wrong];
  }

  async #isLayer(path: string, { pieces }: LayerEntry): Promise<boolean> {
    const list = await hashPieces(path, this.#signal ? { signal: this.#signal } : {});
    return hash('sha256', list) === pieces;
  }

  /** What is not there is not proven: a flattened file may stand for it, or it was collected meanwhile. */
  async #holds(path: string, sha256: string, check: () => Promise<boolean>): Promise<boolean> {
    const known = this.#read.get(path);
    if (known !== undefined) return known;
    const isWhole = !(await isThere(path)) || (await check().catch(isGone));
    this.#read.set(path, isWhole);
    if (!isWhole) this.damaged.push(sha256);
    return isWhole;
  }
}

function isGone(error: unknown): boolean {
  if (error instanceof AppError && error.code === 'FILE_MISSING') return true;
  throw error;
}
