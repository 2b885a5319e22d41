import type { Accel } from '../../../vm/args.ts';
import type { Check } from './doctor.ts';
import { lookAtClock } from './doctor-clock.ts';
import { lookAtDisk } from './doctor-disk.ts';
import { lookAtKvm } from './doctor-kvm.ts';

/** What the service knows of this computer that others cannot see. */
export interface ServiceFacts {
  /** Where machines lie. */
  state: string;
  accel?: Accel | undefined;
  /** The newest time that the project has signed here, in milliseconds. */
  signedAt?: number | undefined;
}

/** What keeps no machine from starting today, and will. */
export async function checkFacts({ state, accel, signedAt }: ServiceFacts, now: number): Promise<Check[]> {
  return [await lookAtKvm(accel), ...(await lookAtDisk(state)), ...(await lookAtClock(now, signedAt))];
}
