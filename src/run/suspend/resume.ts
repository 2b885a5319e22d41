import { AppError } from '../../lib/errors.ts';
import { noSteps } from '../../lib/steps.ts';
import { unpackStream } from '../../sys/files/bulk/packed-stream.ts';
import { fileMark } from '../../sys/files/files.ts';
import { connectUnix } from '../../sys/network/sockets.ts';
import { requireZstd } from '../../sys/programs/zstd.ts';
import { beginLoading, qemuVersion, untilMoved } from '../../vm/memory.ts';
import type { Qmp } from '../../vm/qmp.ts';
import { loadSocket } from '../machine/record.ts';
import type { MachineSpec, RunDeps } from '../machine/spec.ts';
import { circumstances } from './circumstances.ts';
import { whyOtherQemu, whyUnfit } from './fit.ts';
import { memoryIdentity } from './memory-key.ts';
import type { SavedPlace, SavedState } from './saved-state.ts';

const CONNECT_MS = 10_000;

/** What a machine goes on with that was suspended, or what is lost with its start. */
export interface Saved {
  place: SavedPlace;
  /** Undefined where it boots all the same, as its user has said. */
  state?: SavedState;
}

/** What is gone on with, and what opens it where the machine’s disks are encrypted. */
interface Loaded extends Required<Saved> {
  diskKey: string | undefined;
}

/** The refusal of a saved state that does not fit what is here now. */
export function unfit(vm: string, why: string, cause?: unknown): AppError {
  const text = `${vm} cannot go on where it was suspended, because ${why}; booted anew, it loses what was in its memory alone`;
  return new AppError('SUSPENDED_UNFIT', text, { details: { vm, why, machines: [{ vm }] }, cause });
}

/** Looks at all that can be known before QEMU runs. @throws SUSPENDED_UNFIT */
export async function requireFit(spec: MachineSpec, { computer }: RunDeps, { place, state }: Saved): Promise<void> {
  if (!state) return;
  const why = whyUnfit(state, await circumstances(spec, computer.accel));
  if (why !== undefined) throw unfit(spec.name, why);
  const found = await fileMark(place.memory).catch((cause: unknown) => {
    throw unfit(spec.name, 'its saved memory is not there', cause);
  });
  if (found.bytes !== state.memoryBytes) throw unfit(spec.name, 'its saved memory is damaged');
}

/**
 * Loads memory and devices into a QEMU that waits for them; it stands still afterwards, and no disk is changed.
 * @throws SUSPENDED_UNFIT, INTERRUPTED, PROGRAM_MISSING
 */
export async function loadSaved(
  spec: MachineSpec,
  { steps = noSteps }: RunDeps,
  { place, state, diskKey }: Loaded,
  qemu: Pick<Qmp, 'execute'>,
  signal: AbortSignal,
): Promise<void> {
  // What is saved stays as it is.
  requireZstd();
  const why = whyOtherQemu(state, await qemuVersion(qemu));
  if (why !== undefined) throw unfit(spec.name, why);
  try {
    const path = loadSocket(spec.runFolder);
    await beginLoading(qemu, path);
    const identity = diskKey === undefined ? undefined : await memoryIdentity(diskKey);
    const socket = await connectUnix(path, CONNECT_MS, signal, { isUnread: true });
    await unpackStream(place.memory, socket, { identity, signal });
    await untilMoved(qemu, signal);
  } catch (cause) {
    if (signal.aborted) throw new AppError('INTERRUPTED', `the start of ${spec.name} was interrupted`, { cause });
    throw unfit(spec.name, 'QEMU cannot load it', cause);
  }
  await steps('loaded');
}
