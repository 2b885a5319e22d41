import type { StatusAnswer } from '../../api/status.ts';
import type { SupportAnswer } from '../../api/support.ts';
import { readInstances } from '../../install/state/instances.ts';
import { generationPaths } from '../../install/state/layout.ts';
import { type Asker, maySee } from '../../install/state/machine/owner.ts';
import { checkComputer } from '../../run/computer/doctor/doctor.ts';
import type { ServiceFacts } from '../../run/computer/doctor/doctor-facts.ts';
import type { EventLog } from '../../run/computer/events.ts';
import { systemClock } from '../../sys/clock.ts';
import { readIfThere } from '../../sys/files/files.ts';
import { ownRelease } from '../../sys/files/own-release.ts';

const LAST_EVENTS = 500;
/** A log has 256 KiB, and as much again from before. */
const MAX_LOG_BYTES = 1 << 20;
const LAST_LOG_CHARACTERS = 16_000;

interface SupportParts {
  asker: Asker;
  state: string;
  socket: string;
  facts: ServiceFacts;
  status: StatusAnswer;
  events: EventLog;
  now: number;
}

/** Gathers what is to be known of this computer and the machines of whoever asks when somebody is to help. What cannot be read is left out. */
export async function gatherSupport({
  asker,
  state,
  socket,
  facts,
  status,
  events,
  now,
}: SupportParts): Promise<SupportAnswer> {
  return {
    at: new Date(now).toISOString(),
    release: ownRelease(),
    node: process.version,
    status,
    checks: await checkComputer({ socket, facts, now: systemClock() }),
    events: await events.last(LAST_EVENTS, ({ owner }) => maySee(asker, owner)),
    logs: await logEnds(state, asker),
  };
}

async function logEnds(state: string, asker: Asker): Promise<SupportAnswer['logs']> {
  const ends: SupportAnswer['logs'] = [];
  for (const { file, current } of await readInstances(state)) {
    if (!maySee(asker, file.owner)) continue;
    const path = generationPaths(state, file.vm, current.generation).log;
    const bytes = await readIfThere(path, MAX_LOG_BYTES).catch(() => undefined);
    if (bytes) ends.push({ vm: file.vm, path, text: bytes.toString('utf8').slice(-LAST_LOG_CHARACTERS) });
  }
  return ends;
}
