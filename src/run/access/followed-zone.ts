import { AppError, failureOf } from '../../lib/errors.ts';
import type { Quarantine } from '../../policy/quarantine.ts';
import { type HostFacts, zoneOf, zonesOf } from '../../quarantine/zones.ts';
import { pause } from '../../sys/pause.ts';
import type { Note } from './followed-policy.ts';

/** How often it is looked whether the computer is on another network. */
const LOOK_MS = 2000;

export interface ZoneParts {
  quarantine: () => Quarantine;
  host: (quarantine: Quarantine) => Promise<HostFacts | undefined>;
  /** The name of the zone whose lists are in force. */
  zone: () => string | undefined;
  judgeAgain: () => Promise<void>;
  note: Note;
  lookMs?: number;
}

/** Has a machine judged anew, until `signal` fires, whenever its computer has come into another zone of its policy. */
export async function followZone(parts: ZoneParts, signal: AbortSignal): Promise<void> {
  const { quarantine, host, zone, judgeAgain, note, lookMs = LOOK_MS } = parts;
  for (await pause(lookMs, signal); !signal.aborted; await pause(lookMs, signal)) {
    const present = quarantine();
    if (zonesOf(present).length === 0) continue;
    try {
      if (zoneOf(present, await host(present))?.name !== zone()) await judgeAgain();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (!signal.aborted) await note('failed', 'the lists of another zone could not be enforced', failureOf(error));
    }
  }
}
