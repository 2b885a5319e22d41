import type { BodyIn } from '../../../api/answers.ts';
import type { HardwareAnswer } from '../../../api/manager/hardware.ts';
import type { MANAGER_ROUTES } from '../../../api/manager/routes.ts';

type Change = Omit<BodyIn<typeof MANAGER_ROUTES, 'saveHardware'>, 'seen'>;

/** What was touched of a machine’s hardware; a field of a number is text while it is empty. */
export type Draft = Omit<Change, 'memoryMiB' | 'cpus'> & { memoryMiB?: number | string; cpus?: number | string };

/** The fields that say no number. */
export function missingOf({ memoryMiB = 0, cpus = 0 }: Draft): ('memory' | 'cpus')[] {
  return [
    ...(typeof memoryMiB === 'number' ? [] : ['memory' as const]),
    ...(typeof cpus === 'number' ? [] : ['cpus' as const]),
  ];
}

/** What would be another one than now: what is put back to how it was is no change. */
export function changeOf(now: HardwareAnswer, draft: Draft): Change {
  const { memoryMiB, cpus, firmware, tpm, secureBoot } = draft;
  return {
    ...(typeof memoryMiB !== 'number' || memoryMiB === now.memoryMiB ? {} : { memoryMiB }),
    ...(typeof cpus !== 'number' || cpus === now.cpus ? {} : { cpus }),
    ...(firmware === undefined || firmware === now.firmware ? {} : { firmware }),
    ...(tpm === undefined || tpm === now.tpm ? {} : { tpm }),
    ...(secureBoot === undefined || secureBoot === now.secureBoot ? {} : { secureBoot }),
  };
}
