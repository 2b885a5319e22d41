import type { Qmp } from '../../../vm/qmp.ts';
import type { Standing } from '../standing.ts';

/** How long a guest may take to shut down before it is powered off. */
const SHUTDOWN_MS = 30_000;
/** How long it may stand still meanwhile: one that met a full disk goes on by itself where there is room again. */
const STANDS_MS = 3000;
const LOOK_MS = 100;

/** What is asked, and looked at, to have a guest shut down. */
export interface ShuttingDown {
  /** @throws VM_FAILED */
  qemu: Pick<Qmp, 'execute'>;
  standing: Pick<Standing, 'standstill' | 'goOn'>;
  /** Whether QEMU has gone, or goes within a time. */
  hasGone: (timeoutMs: number) => Promise<boolean>;
  shutdownMs?: number;
  standsMs?: number;
}

/**
 * Has a guest shut down; one that stands still is set going first. Gives why it has to be powered off instead, where it stands
 * still for good or does not shut down in time; undefined when QEMU has gone. @throws VM_FAILED
 */
export async function shutDown(parts: ShuttingDown): Promise<string | undefined> {
  const { qemu, standing, hasGone, shutdownMs = SHUTDOWN_MS, standsMs = STANDS_MS } = parts;
  if (!(await standing.goOn(qemu))) return standing.standstill?.reason;
  await qemu.execute('system_powerdown');
  const until = performance.now() + shutdownMs;
  let wentAt = performance.now();
  while (performance.now() < until) {
    if (await hasGone(LOOK_MS)) return undefined;
    const { standstill } = standing;
    if (!standstill) wentAt = performance.now();
    else if (performance.now() - wentAt >= standsMs) return standstill.reason;
  }
  return `its guest did not shut down in ${shutdownMs / 1000} s`;
}
