import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import { requireGoing } from '../lib/interrupted.ts';
import { pause } from '../sys/pause.ts';
import type { Qmp } from './qmp.ts';

const LOOK_MS = 20;
/** QEMU would take its time, as for a network that others use too. */
const MAX_BYTES_PER_S = 2 ** 40;

type Monitor = Pick<Qmp, 'execute'>;

const Version = z.object({
  qemu: z.object({ major: z.int(), minor: z.int(), micro: z.int() }),
  package: z.string(),
});
const Progress = z.object({
  status: z.string().optional(),
  'error-desc': z.string().optional(),
  ram: z.object({ remaining: z.int(), total: z.int() }).optional(),
});

/** How far the saving of a machine’s memory is. */
export interface Moved {
  doneBytes: number;
  totalBytes: number;
}

/** Which QEMU runs, with its distribution’s own release: what one has saved, another may not understand. @throws VM_FAILED */
export async function qemuVersion(qemu: Monitor): Promise<string> {
  const { qemu: number, package: release } = Version.parse(await qemu.execute('query-version'));
  return `${number.major}.${number.minor}.${number.micro} ${release}`.trim();
}

/**
 * Has a QEMU whose guest stands still begin to write memory and devices to a Unix socket. What it has written is whole once
 * `untilMoved` resolves; from then on it changes no disk until `cont`. @throws VM_FAILED
 */
export async function beginSaving(qemu: Monitor, socketPath: string): Promise<void> {
  await qemu.execute('migrate-set-parameters', { 'max-bandwidth': MAX_BYTES_PER_S });
  await qemu.execute('migrate', { uri: `unix:${socketPath}` });
}

/** Has a QEMU that was started to wait for memory and devices listen for them; it changes no disk until `cont`. @throws VM_FAILED */
export async function beginLoading(qemu: Monitor, socketPath: string): Promise<void> {
  await qemu.execute('migrate-set-capabilities', {
    capabilities: [{ capability: 'late-block-activate', state: true }],
  });
  await qemu.execute('migrate-incoming', { uri: `unix:${socketPath}` });
}

/** Resolves when all of it is saved or loaded. @throws VM_FAILED, INTERRUPTED, or what `signal` says */
export async function untilMoved(
  qemu: Monitor,
  signal: AbortSignal,
  onProgress: (moved: Moved) => void = () => undefined,
): Promise<void> {
  for (;;) {
    const { status, 'error-desc': why, ram } = Progress.parse(await qemu.execute('query-migrate'));
    if (ram) onProgress({ doneBytes: ram.total - ram.remaining, totalBytes: ram.total });
    if (status === 'completed') return;
    if (status === 'failed' || status === 'cancelled') throw new AppError('VM_FAILED', `QEMU: ${why ?? status}`);
    requireGoing(signal);
    await pause(LOOK_MS, signal);
  }
}
