import { setImmediate as breath } from 'node:timers/promises';
import { AppError } from '../../lib/errors.ts';
import { requireGoing } from '../../lib/interrupted.ts';
import { BLOCK, CLUSTER } from '../format.ts';
import { ChainReader } from './chain.ts';
import { openChain } from './open-chain.ts';
import { Qcow2Overlay } from './qcow2-overlay.ts';
import { isSameDisk, unlikeStretches } from './same-disk.ts';

const ZEROS = Buffer.alloc(CLUSTER);

/**
 * Makes the disk that, put on `below`, is what `chain` is, whatever both have in common; both are given bottom first. The time follows
 * what differs in their files, not the size of the disk.
 * @throws FILE_EXISTS, DISK_FULL, LAYER_*, INTERRUPTED
 */
export async function writeDifference({
  chain,
  below,
  out,
  signal,
}: {
  chain: readonly string[];
  below: readonly string[];
  out: string;
  signal?: AbortSignal | undefined;
}): Promise<void> {
  const [wanted, before] = await Promise.all([openChain(chain, signal), openChain(below, signal)]);
  using first = new ChainReader(wanted);
  using second = new ChainReader(before);
  using made = new Qcow2Overlay(out, wanted.virtualBytes);
  const [a, b] = [Buffer.allocUnsafeSlow(CLUSTER), Buffer.allocUnsafeSlow(CLUSTER)];
  let done = 0;
  for (const { start, end } of unlikeStretches(wanted, before)) {
    const last = Math.ceil(end / CLUSTER);
    for (let cluster = Math.max(done, Math.floor(start / CLUSTER)); cluster < last; cluster += 1) {
      first.read(a, (cluster * CLUSTER) / BLOCK);
      second.read(b, (cluster * CLUSTER) / BLOCK);
      if (!a.equals(b)) {
        if (a.equals(ZEROS)) made.writeZeros(cluster);
        else made.write(cluster, a);
      }
      requireGoing(signal);
      await breath();
    }
    done = Math.max(done, last);
  }
  made.finish();
  if (!(await isSameDisk(await openChain([...below, out], signal), wanted, signal)))
    throw new AppError('LAYER_HASH', 'the difference that was made is not that of the two disks');
}
