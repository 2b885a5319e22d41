import { createHash } from 'node:crypto';
import { fileMark } from '../../sys/files/files.ts';
import { readKernelFile } from '../../sys/files/kernel.ts';
import type { Accel } from '../../vm/args.ts';
import { hardwareDigest } from '../../vm/hardware.ts';
import type { ProcessorKind } from '../../vm/processor.ts';
import { devicesFor } from '../devices/devices-for.ts';
import type { MachineSpec } from '../machine/spec.ts';
import type { Circumstances, KnownFile, SavedState } from './saved-state.ts';

/** What of a processor’s description says what it can do; the rest changes from moment to moment. */
const ABILITIES = /^(vendor_id|cpu family|model|model name|stepping|flags)\s*:/;
const MAKER = /^vendor_id\s*:/;

/** What people call a disc that a machine has from its start on. */
const DISC = 'the disc in its drive';
const SEED = 'what sets it up';

/** Whether a machine that was suspended had a disc from its start on: it goes on with that alone. */
export function hadDisc({ files }: Pick<SavedState, 'files'>): boolean {
  return files.some(({ name }) => name === DISC);
}

/** Whether it had a seed, without which it cannot go on. */
export function hadSeed({ files }: Pick<SavedState, 'files'>): boolean {
  return files.some(({ name }) => name === SEED);
}

/** What a machine’s state would be saved on, or gone on with on, here and now. @throws FILE_MISSING where a disk is not there */
export async function circumstances(spec: MachineSpec, accel: Accel): Promise<Circumstances> {
  return {
    generation: spec.generation ?? 1,
    processor: await processorOf(accel, spec.processor),
    hardware: hardwareOf(spec, accel),
    files: await knownFiles(spec),
  };
}

/** Tells whether a machine has the hardware that it had at another time. */
export function hardwareOf(spec: MachineSpec, accel: Accel): string {
  return hardwareDigest({ ...spec, ...devicesFor(spec), accel });
}

async function knownFiles({ files: { overlay, data, disc, seed, firmware } }: MachineSpec): Promise<KnownFile[]> {
  const named = [
    { name: 'its system disk', path: overlay },
    ...(data === undefined ? [] : [{ name: 'its data disk', path: data }]),
    ...(disc === undefined ? [] : [{ name: DISC, path: disc }]),
    ...(seed === undefined ? [] : [{ name: SEED, path: seed }]),
    ...(firmware.kind === 'uefi' ? [{ name: 'what its firmware keeps', path: firmware.variables }] : []),
  ];
  return Promise.all(named.map(async ({ name, path }) => ({ name, ...(await fileMark(path)) })));
}

async function processorOf(accel: Accel, kind?: ProcessorKind): Promise<string> {
  return accel === 'tcg' ? 'software' : processorMark((await readKernelFile('/proc/cpuinfo')) ?? '', kind);
}

/**
 * Tells processors apart that a machine sees a difference between. This computer’s own is what the kernel says of it; of one that
 * has a level alone it is the maker, whose name KVM passes on. One of software is the same everywhere.
 */
export function processorMark(cpuinfo: string, kind: ProcessorKind = 'host'): string {
  const seen = kind === 'host' ? ABILITIES : MAKER;
  const lines = new Set(cpuinfo.split('\n').filter((line) => seen.test(line)));
  return createHash('sha256')
    .update([...lines].sort().join('\n'))
    .digest('hex');
}
