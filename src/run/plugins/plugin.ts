import { parseDuration } from '../../lib/duration.ts';
import { AppError, failureOf } from '../../lib/errors.ts';
import type { Script } from '../../policy/parts/script.ts';
import {
  MAX_ANSWER_BYTES,
  type PluginAnswer,
  type PluginEnd,
  type PluginEvent,
  readAnswer,
  type Voided,
  voided,
} from '../../quarantine/plugin.ts';
import { type ConfinedRun, runConfined } from '../../sys/programs/confined.ts';
import { hasProgram } from '../../sys/programs/exec.ts';
import { layOut, type PluginFile } from './plugin-files.ts';

/** Where a machine’s plug-ins come from, and where they are laid out for a run. */
export interface PluginSource {
  files(): Promise<readonly PluginFile[]>;
  /** A folder that only this process can write to; it is made and removed with each run, and one beside it for reports. */
  folder: string;
}

/** What a plug-in is asked. */
export interface PluginQuestion {
  script: Script;
  event: PluginEvent;
  /** What the guest reported; undefined when it never did. */
  descriptor: string | undefined;
  project: string;
  vmId: string;
  /** The machine’s end, as `expireTime` writes it. */
  expireTime?: string;
  /** The number of the user who opens the machine, where he said who he is. */
  user?: number;
  /** The device that is asked about. */
  device?: string;
  /** Whoever asks waits no longer than this, whatever the script’s own time limit. */
  withinMs?: number;
  signal: AbortSignal;
}

export interface PluginReply<Answer = PluginAnswer> {
  answer: Answer;
  /** What it wrote to standard error. */
  said: string;
}

/** Whether it is a guest’s report that it is asked about. */
export function isReport(event: PluginEvent): boolean {
  return event === 'update' || event === 'dry';
}

/** Asks a plug-in what a machine may reach, as the user `uid`. @throws INTERRUPTED when the signal is given */
export function askPlugin(
  question: PluginQuestion,
  source: PluginSource,
  uid: number | undefined,
): Promise<PluginReply> {
  return runPlugin(question, source, uid, readAnswer);
}

/**
 * Runs a plug-in, as the user `uid`, and reads what it says. Whatever goes wrong with it is a void answer.
 * @throws INTERRUPTED when the signal is given
 */
export async function runPlugin<Answer>(
  question: PluginQuestion,
  { files, folder }: PluginSource,
  uid: number | undefined,
  read: (run: PluginEnd) => Answer | Voided,
): Promise<PluginReply<Answer | Voided>> {
  const { script, signal, withinMs = Number.POSITIVE_INFINITY } = question;
  if (!hasProgram('bwrap'))
    return reply(voided('PLUGIN_UNCONFINED', 'bubblewrap is not installed, so no plug-in runs'));
  const timeoutMs = Math.min(parseDuration(script.timeout) ?? 0, withinMs);
  // A report does not wait for another question to be answered.
  const own = isReport(question.event) ? `${folder}.report` : folder;
  try {
    await using _laidOut = await layOut(script.file, await files(), own);
    const env = environmentOf(question);
    const { file, arguments: args, network } = script;
    const bounds = { timeoutMs, maxBytes: MAX_ANSWER_BYTES, signal };
    const run = await runConfined({ file, args, env, folder: own, uid, network, ...bounds });
    return reply(read(endOf(run, timeoutMs)), run.stderr.toString('utf8'));
  } catch (error) {
    if (signal.aborted) throw error;
    const { code, reason } = failureOf(error);
    return reply(voided(code, reason));
  }
}

/** The variables of the manual (ACE 1.0 pp. 244-248), and ours. */
function environmentOf(question: PluginQuestion): Record<string, string> {
  const { descriptor = '', event, project, vmId, expireTime = '-1', user, device } = question;
  return {
    VMWARE_NQ_DESCRIPTOR: descriptor,
    VMWARE_PROJ_ID: project,
    VMWARE_MVM_ID: vmId,
    VMWARE_EXPIRE_TIME: expireTime,
    LAZARET_DESCRIPTOR: descriptor,
    LAZARET_PROJECT: project,
    LAZARET_VM_ID: vmId,
    LAZARET_EVENT: event,
    ...(device === undefined ? {} : { LAZARET_DEVICE: device }),
    ...(event === 'opening' ? { LAZARET_USER: `${user ?? ''}` } : {}),
  };
}

/** @throws INTERRUPTED, PLUGIN_UNCONFINED */
function endOf({ end, status, stdout, stderr }: ConfinedRun, timeoutMs: number): PluginEnd {
  switch (end) {
    case 'interrupted':
      throw new AppError('INTERRUPTED', 'the plug-in was interrupted');
    case 'late':
      return { end, timeoutMs };
    case 'too-much':
      return { end };
    case 'exited': {
      const said = stderr.toString('utf8');
      if (status !== 0 && said.startsWith('bwrap: '))
        throw new AppError('PLUGIN_UNCONFINED', `the plug-in cannot be confined: ${said.split('\n')[0]}`);
      return { end, status, stdout };
    }
  }
}

function reply<Answer>(answer: Answer, said = ''): PluginReply<Answer> {
  return { answer, said };
}
