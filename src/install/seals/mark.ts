import { join } from 'node:path';
import { z } from 'zod';
import { removeFile } from '../../sys/files/files.ts';
import { computerPaths } from '../state/layout.ts';
import { readSealed, writeSealed } from './sealed.ts';

/** The highest time that was seen for a machine, in milliseconds since 1970. */
const Mark = z.strictObject({ at: z.number().min(0) });

/** It lies outside the state folder, so that an older one that is put back does not bring an older time. @throws STATE_DAMAGED */
export async function readMark(state: string, vmId: string): Promise<number> {
  return (await readSealed(state, markPath(state, vmId), `mark ${vmId}`, Mark)).at;
}

/** Also lower than it was: an installation counts from the time that it brings. */
export async function writeMark(state: string, vmId: string, at: number): Promise<void> {
  await writeSealed(state, markPath(state, vmId), `mark ${vmId}`, { at });
}

export async function removeMark(state: string, vmId: string): Promise<void> {
  await removeFile(markPath(state, vmId));
}

function markPath(state: string, vmId: string): string {
  return join(computerPaths(state).seal, `${vmId}.json`);
}
