import { AppError } from '../lib/errors.ts';
import { requireGoing } from '../lib/interrupted.ts';
import { isThere, openFiles } from '../sys/files/files.ts';
import { openPipeEnd } from '../sys/files/pipes.ts';
import { hasProgram, startDetached } from '../sys/programs/exec.ts';
import { endProcess, hasGone, type ProcessId } from '../sys/programs/processes.ts';
import { withoutCore } from '../sys/programs/secret-pipe.ts';
import { tpmKey } from '../sys/secrets/tpm-form.ts';
import { handTpmState } from '../sys/secrets/tpm-state.ts';
import { asUser, type MachineStart } from './machine.ts';

const READY_MS = 15_000;
const LOOK_MS = 10;

export interface TpmStart extends Pick<MachineStart, 'enter' | 'user' | 'logPipe' | 'diskKey'> {
  /** The folder of its state, which is made by its first start. */
  folder: string;
  /** Where it is to listen for the machine’s QEMU. */
  socket: string;
}

/**
 * Starts the program that is a machine’s TPM 2.0, and waits until it listens. It goes on when this process ends, and ends with the QEMU
 * that it serves. It runs as the machine’s user, in its network, and has a right to the folder of its state alone. Where the machine’s
 * disks are encrypted, so is that state: by a key that follows from theirs, and reaches it by a descriptor.
 * @throws PROGRAM_MISSING, VM_FAILED, FILE_INVALID, INTERRUPTED
 */
export async function startTpm(start: TpmStart, signal?: AbortSignal): Promise<ProcessId> {
  if (!hasProgram('swtpm')) throw new AppError('PROGRAM_MISSING', 'swtpm is not installed, which the machine’s TPM is');
  const { folder, socket, diskKey, user } = start;
  await handTpmState(folder, user?.uid);
  await using files = await openFiles({ readOnly: [folder], writable: [], append: [] });
  await using output = await openPipeEnd(start.logPipe);
  const key = diskKey === undefined ? [] : ['--key', 'fd=0,mode=aes-256-cbc,format=hex,remove=false'];
  const swtpm = [
    ...['swtpm', 'socket', '--tpm2', '--terminate', '--seccomp', 'action=kill'],
    // By its descriptor: no folder above it has to be open to the machine’s user.
    ...['--tpmstate', 'dir=/proc/self/fd/3,mode=0600', '--ctrl', `type=unixio,path=${socket},mode=0600`],
    ...key,
  ];
  const [program = '', ...args] = [...start.enter, ...asUser(user), ...withoutCore(swtpm)];
  const tpm = await startDetached(program, args, {
    ...{ outputFd: output.fd, handed: files.fds },
    ...(diskKey === undefined ? {} : { input: tpmKey(diskKey) }),
  });
  try {
    for (let waitedMs = 0; !(await isThere(socket)); waitedMs += LOOK_MS) {
      requireGoing(signal);
      if ((await hasGone(tpm, LOOK_MS)) || waitedMs > READY_MS)
        throw new AppError(
          'VM_FAILED',
          'swtpm, which the machine’s TPM is, does not listen; the machine’s log has its words',
        );
    }
    return tpm;
  } catch (error) {
    await endProcess(tpm, 0);
    throw error;
  }
}
