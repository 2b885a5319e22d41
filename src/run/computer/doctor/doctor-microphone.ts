import { AppError } from '../../../lib/errors.ts';
import { hasProgram, run } from '../../../sys/programs/exec.ts';
import type { Check } from './doctor.ts';
import { installing } from './doctor-mend.ts';

const QEMU = 'qemu-system-x86_64';
const PACKAGE = 'qemu-system-modules-spice';
const ASK_MS = 10_000;

/** Whether QEMU has what a machine’s microphone needs; nothing where there is no QEMU, which is a check of its own. */
export async function lookAtMicrophone(): Promise<Check[]> {
  const said = hasProgram(QEMU) ? await audioDrivers() : undefined;
  return said === undefined ? [] : [microphoneCheck(said)];
}

/** `said` is QEMU’s list of its audio drivers. Only machines that have a microphone need it. */
function microphoneCheck(said: string): Check {
  const check = { what: 'QEMU’s SPICE module, for machines with a microphone', ok: true, remedy: '' };
  if (/^spice$/m.test(said)) return check;
  const note = `there is none: machines with a microphone do not start, all others do; install the package ${PACKAGE}`;
  return { ...check, note, mend: installing(PACKAGE) };
}

async function audioDrivers(): Promise<string | undefined> {
  try {
    return (await run(QEMU, ['-audiodev', 'help'], { timeoutMs: ASK_MS })).stdout;
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('PROGRAM_')) return undefined;
    throw error;
  }
}
