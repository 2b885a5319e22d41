import type { ErrorCode } from '../../lib/errors.ts';
import type { Script } from '../../policy/parts/script.ts';
import type { PolicyDocument } from '../../policy/schema.ts';
import { type PluginEnd, type PluginEvent, readWord, type Voided, wrongWord } from '../../quarantine/plugin.ts';
import { type PluginSource, runPlugin } from '../plugins/plugin.ts';

/** A plug-in is asked whether a device may be connected. */
export interface DeviceQuestion {
  script: Script;
  event: PluginEvent;
  device: string;
  document: PolicyDocument;
  expireTime: string;
  signal: AbortSignal;
}

/** What it said, or why not: then it grants nothing (fact 74). */
export interface DeviceWord {
  granted: boolean;
  /** Why it grants nothing. */
  code?: ErrorCode;
  why?: string;
  /** What it wrote to standard error. */
  said: string;
}

/** Runs a plug-in that decides about a device, confined as every plug-in is, as the user `uid`. @throws INTERRUPTED */
export async function askDeviceScript(
  { script, event, device, document: { project, vmId }, expireTime, signal }: DeviceQuestion,
  plugins: PluginSource,
  uid: number | undefined,
): Promise<DeviceWord> {
  const source = { ...plugins, folder: `${plugins.folder}.device` };
  const question = { script, event, device, descriptor: undefined, project, vmId, expireTime, signal };
  const { answer, said } = await runPlugin(question, source, uid, readDeviceWord);
  if ('granted' in answer) return { ...answer, said };
  return { granted: false, code: answer.code, why: answer.why, said };
}

/** Reads a run by the manual’s contract: exit status 0, and TRUE or FALSE on standard output (ACE 1.0 p. 247). */
export function readDeviceWord(run: PluginEnd): { granted: boolean } | Voided {
  const read = readWord(run);
  if ('verdict' in read) return read;
  if (read.word === 'TRUE' || read.word === 'FALSE') return { granted: read.word === 'TRUE' };
  return wrongWord(read.word, 'TRUE or FALSE');
}
