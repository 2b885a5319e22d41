import { pause } from '../../../sys/pause.ts';
import { hasGone, isRunning, type ProcessId } from '../../../sys/programs/processes.ts';

const LOOK_MS = 5000;
/** A TPM ends with its QEMU, which may be seen to go a little later. */
const TOGETHER_MS = 3000;

/** What its user is told of a machine whose TPM has ended under it: QEMU says nothing of it, and goes on until the guest is reset. */
export const TPM_ENDED =
  'its TPM has ended: what the guest asks of it fails, and a restart of the guest ends the machine';

/** Tells when a machine’s TPM ends, and the machine does not. */
export async function watchTpm(
  { qemu, tpm }: { qemu: ProcessId; tpm?: ProcessId },
  tell: () => Promise<void>,
  { signal, lookMs = LOOK_MS, togetherMs = TOGETHER_MS }: { signal: AbortSignal; lookMs?: number; togetherMs?: number },
): Promise<void> {
  if (!tpm) return;
  while (isRunning(tpm)) {
    if (signal.aborted) return;
    await pause(lookMs, signal);
  }
  if (!(await hasGone(qemu, togetherMs)) && !signal.aborted) await tell();
}
