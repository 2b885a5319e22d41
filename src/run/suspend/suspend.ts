import { dirname } from 'node:path';
import { formatBytes } from '../../lib/bytes.ts';
import { AppError } from '../../lib/errors.ts';
import { noSteps } from '../../lib/steps.ts';
import { packStream } from '../../sys/files/bulk/packed-stream.ts';
import { removeFile } from '../../sys/files/files.ts';
import { freeBytes } from '../../sys/files/folders.ts';
import { listenForOne } from '../../sys/network/one-connection.ts';
import { requireZstd } from '../../sys/programs/zstd.ts';
import { beginSaving, type Moved, qemuVersion, untilMoved } from '../../vm/memory.ts';
import type { Qmp } from '../../vm/qmp.ts';
import type { ConnectedDevices } from '../devices/connected-devices.ts';
import { machineUsers } from '../machine/host/users.ts';
import { saveSocket } from '../machine/record.ts';
import type { MachineSpec, RunDeps } from '../machine/spec.ts';
import type { Standing } from '../machine/standing.ts';
import type { SharedFolder } from '../share/shared-folder.ts';
import { circumstances } from './circumstances.ts';
import { type SavedPlace, type SavedState, writeSaved } from './saved-state.ts';

const MIB = 1 << 20;
/** Devices, the screen’s memory, and what others on the same disk still find free. */
const SPARE_BYTES = 128 * MIB;

interface Suspending {
  spec: MachineSpec;
  place: SavedPlace;
  /** Whom its memory is encrypted for; it lies there in clear, as its disks do, where that is nobody. */
  recipient: string | undefined;
  deps: RunDeps;
  qemu: Pick<Qmp, 'execute'>;
  standing: Standing;
  /** What is connected is taken away first: it would not be there when it goes on. */
  devices: Pick<ConnectedDevices, 'disconnectAll'>;
  /** So is the folder that it shares: a port that is plugged in is none of what it is started with. */
  share: Pick<SharedFolder, 'stop'>;
  /** The next service lets it go on by itself. */
  comesBack: boolean;
  onProgress: (moved: Moved) => void;
  signal: AbortSignal;
}

/**
 * Saves a running machine’s memory and devices. When this returns it is suspended, and its QEMU is only to be ended; it changes no
 * disk any more. When it throws, the machine runs on as before. Killed at any step it runs, standing still, or is suspended.
 * @throws PROGRAM_MISSING, DISK_FULL before anything is done, the latter also while it is; VM_STANDS_STILL, VM_DISK_FULL, VM_FAILED
 */
export async function suspendMachine(parts: Suspending): Promise<SavedState> {
  const { spec, place, deps, qemu, standing } = parts;
  const { steps = noSteps } = deps;
  requireZstd();
  await requireRoom(spec, place);
  const wake = await standing.rest(qemu);
  try {
    await steps('at rest');
    await parts.devices.disconnectAll('suspended');
    await parts.share.stop('the machine is being suspended');
    const memoryBytes = await saveMemory(parts);
    await steps('memory');
    const saved: SavedState = {
      ...{ format: 1, vm: spec.name, memoryBytes, qemu: await qemuVersion(qemu) },
      ...(parts.comesBack ? { comesBack: true } : {}),
      suspendedAt: new Date(await deps.policies.now()).toISOString(),
      ...(await circumstances(spec, deps.computer.accel)),
    };
    await writeSaved(place, saved);
    await steps('suspended');
    return saved;
  } catch (error) {
    await wake();
    await removeFile(place.memory);
    throw error;
  }
}

/** Memory is rarely as large when it is packed, but nobody knows before. @throws DISK_FULL */
async function requireRoom({ name, memoryMiB }: MachineSpec, { memory }: SavedPlace): Promise<void> {
  const free = await freeBytes(dirname(memory));
  const needBytes = memoryMiB * MIB + SPARE_BYTES;
  if (needBytes <= free) return;
  const reason = `the memory of ${name} may need ${formatBytes(needBytes)}, and ${formatBytes(free)} are free: it runs on`;
  throw new AppError('DISK_FULL', reason, { details: { needBytes, freeBytes: free } });
}

async function saveMemory({ spec, place, recipient, qemu, onProgress, signal }: Suspending): Promise<number> {
  const path = saveSocket(spec.runFolder);
  // What an earlier suspension began and did not end.
  await removeFile(place.memory);
  await removeFile(path);
  await using waiting = await listenForOne(path, machineUsers(spec.number)?.qemu);
  const accepted = waiting.accept(signal);
  accepted.catch(() => undefined);
  await beginSaving(qemu, path);
  const stream = await accepted;
  const moved = untilMoved(qemu, signal, onProgress);
  // What keeps it from being written says more than QEMU, which then cannot go on.
  moved.catch(() => undefined);
  const memoryBytes = await packStream(stream, place.memory, { recipient, signal });
  await moved;
  return memoryBytes;
}
