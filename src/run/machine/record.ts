import { join } from 'node:path';
import { z } from 'zod';
import { jsonOrNothing } from '../../lib/json.ts';
import { SUBNETS } from '../../quarantine/subnets.ts';
import { readIfThere, removeFile, writeFileAtomic } from '../../sys/files/files.ts';
import { namesIn } from '../../sys/files/folders.ts';
import { isRunning } from '../../sys/programs/processes.ts';
import type { MachineSockets } from '../../vm/args.ts';

const MAX_BYTES = 64 << 10;
/** The name of a machine’s run folder. */
export const MACHINE_ID = /^[0-9a-f]{8}$/;

const ProcessId = z.strictObject({ pid: z.int().positive(), startedAt: z.int() });

const oneOf = (known: readonly string[]) => z.string().refine((subnet) => known.includes(subnet));
const OwnSubnets = z.strictObject({
  guest4: oneOf(SUBNETS.guest4),
  guest6: oneOf(SUBNETS.guest6),
  uplinks4: oneOf(SUBNETS.uplinks4),
  uplinks6: oneOf(SUBNETS.uplinks6),
});
const Moved = z.strictObject({ subnet: z.string(), taken: z.string(), by: z.string(), to: z.string() });

/** `machine.json` in a machine’s run folder: how a restarted service finds it again. */
export const RunRecord = z.strictObject({
  format: z.literal(1),
  vm: z.string(),
  generation: z.int().exactOptional(),
  qemu: ProcessId,
  /** The program that is its TPM, where it has one. */
  tpm: ProcessId.exactOptional(),
  accel: z.enum(['kvm', 'tcg']),
  /** Of a machine of a project: no other may have it while this one runs, whoever looks after it. */
  number: z.int().exactOptional(),
  startedAt: z.iso.datetime(),
  /** Whom its memory is encrypted for when it is suspended, where its disks are encrypted. */
  memoryRecipient: z.string().startsWith('age1').max(100).exactOptional(),
  /** What its network is made of; the usual where it is not said. */
  network: z.strictObject({ subnets: OwnSubnets, moved: z.array(Moved) }).exactOptional(),
});
export type RunRecord = z.infer<typeof RunRecord>;

export async function writeRecord(runFolder: string, record: RunRecord): Promise<void> {
  await writeFileAtomic(recordPath(runFolder), `${JSON.stringify(record)}\n`, 0o600);
}

/** The record of a machine whose QEMU still runs, or undefined; a damaged one is none. */
export async function readRecord(runFolder: string): Promise<RunRecord | undefined> {
  const bytes = await readIfThere(recordPath(runFolder), MAX_BYTES);
  if (!bytes) return undefined;
  const { success, data } = RunRecord.safeParse(jsonOrNothing(bytes.toString('utf8')));
  return success && isRunning(data.qemu) ? data : undefined;
}

/** The machines that run out of the run folders in `runRoot`, by the folder’s name, whoever started them. */
export async function runningRecords(runRoot: string): Promise<Map<string, RunRecord>> {
  const found = new Map<string, RunRecord>();
  for (const name of (await namesIn(runRoot)).filter((each) => MACHINE_ID.test(each))) {
    const record = await readRecord(join(runRoot, name));
    if (record) found.set(name, record);
  }
  return found;
}

export async function removeRecord(runFolder: string): Promise<void> {
  await removeFile(recordPath(runFolder));
}

/** The sockets of a machine. A path longer than 107 bytes would be no socket’s name, so they are short. */
export function machineSockets(runFolder: string): MachineSockets {
  const at = (name: string) => join(runFolder, 's', name);
  return {
    qmp: at('qmp'),
    console: at('console'),
    guest: at('guest'),
    agent: at('agent'),
    tpm: at('tpm'),
    vnc: at('vnc'),
    sound: at('sound'),
    microphone: at('microphone'),
    parallel: at('parallel'),
    files: at('files'),
  };
}

/** Where the service listens for the memory of a machine that is suspended: nobody but it can put anything there. */
export function saveSocket(runFolder: string): string {
  return join(runFolder, 'save');
}

/** Where the manager that runs a machine of its project is asked about it by other processes of root’s. */
export function managerSocket(runFolder: string): string {
  return join(runFolder, 'manager');
}

/** Where QEMU listens for whoever serves the folder that is shared with a machine. */
export function shareSocket(runFolder: string): string {
  return join(runFolder, 's', 'share');
}

/** Where a QEMU that is to go on with saved memory listens for it. */
export function loadSocket(runFolder: string): string {
  return join(runFolder, 's', 'load');
}

/** The pipe that a machine’s QEMU writes what it has to say to. */
export function logPipe(runFolder: string): string {
  return join(runFolder, 'log');
}

function recordPath(runFolder: string): string {
  return join(runFolder, 'machine.json');
}
