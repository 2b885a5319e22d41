import { AppError } from '../../lib/errors.ts';
import { run } from './exec.ts';

/** Whether this computer is about to be switched off or started anew, as far as it has a systemd that says so. */
export async function isComputerEnding(): Promise<boolean> {
  try {
    // Its status says whether all is well, which is not asked here.
    const { stdout } = await run('systemctl', ['is-system-running'], { timeoutMs: 5000, allow: [1] });
    return stdout === 'stopping';
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return false;
  }
}
