import { z } from 'zod';
import { VersionOrigin } from '../../../policy/quarantine.ts';
import type { Reported } from '../../../quarantine/versions/origin.ts';
import { isThere } from '../../../sys/files/files.ts';
import { readState, writeState } from '../instances.ts';
import { generationPaths, instancePaths } from '../layout.ts';

/** `quarantine.json`: the version that a generation’s disk is at. A file without an origin is the guest’s word. */
export const QuarantineFile = z.strictObject({
  format: z.literal(1),
  descriptor: z.string().max(1024).exactOptional(),
  origin: VersionOrigin.default('guest'),
  signer: z.string().max(64).exactOptional(),
});

/** `reports.json`: the highest counter of a signed report that this machine gave, whatever disk it has now. */
const ReportsFile = z.strictObject({ format: z.literal(1), counter: z.int().min(0) });

/** The version a generation’s disk is at, and whose word it is; undefined when none was ever reported. @throws FILE_INVALID */
export async function readReported(state: string, vm: string, generation: number): Promise<Reported | undefined> {
  const { quarantine } = generationPaths(state, vm, generation);
  if (!(await isThere(quarantine))) return undefined;
  const { format: _format, descriptor, ...word } = await readState(quarantine, QuarantineFile);
  return descriptor === undefined ? undefined : { descriptor, ...word };
}

export async function writeReported(
  state: string,
  vm: string,
  generation: number,
  reported: Reported | undefined,
): Promise<void> {
  await writeState(generationPaths(state, vm, generation).quarantine, { format: 1, ...reported });
}

/** 0 before the first. @throws FILE_INVALID */
export async function readCounter(state: string, vm: string): Promise<number> {
  const { reports } = instancePaths(state, vm);
  return (await isThere(reports)) ? (await readState(reports, ReportsFile)).counter : 0;
}

export async function writeCounter(state: string, vm: string, counter: number): Promise<void> {
  await writeState(instancePaths(state, vm).reports, { format: 1, counter });
}
