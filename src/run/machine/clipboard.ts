import { AgentChannel, type ClipboardNote, type FileRules } from '../../guest/agent/agent-channel.ts';
import type { ClipboardRules } from '../../guest/agent/copied.ts';
import { formatBytes } from '../../lib/bytes.ts';
import { AppError, failureOf } from '../../lib/errors.ts';
import { rightsOf } from '../../policy/reading/rights.ts';
import type { MachinePolicy } from '../../policy/schema.ts';
import type { Happening } from '../computer/events.ts';
import type { MachineSpec, RunDeps } from './spec.ts';

const WORDS = { 'text/plain': 'text', 'image/png': 'picture' } as const;

/** What may pass under a policy. */
export function clipboardRules(policy: MachinePolicy): ClipboardRules {
  const { hostToGuest, guestToHost, mostKiB } = rightsOf(policy).clipboard;
  return { hostToGuest, guestToHost, mostBytes: mostKiB * 1024 };
}

/** Which files may go into a guest under a policy. */
function fileRules(policy: MachinePolicy): FileRules {
  const { hostToGuest, mostMiB } = rightsOf(policy).files;
  return { hostToGuest, mostBytes: mostMiB * 2 ** 20 };
}

interface AgentParts {
  spec: Pick<MachineSpec, 'name'>;
  deps: Pick<RunDeps, 'events' | 'log'>;
  policy: () => MachinePolicy;
}

/** Connects to the port of a machine’s agent; undefined where the machine was started without one, by an earlier release. @throws INTERRUPTED */
export async function connectAgent(
  path: string,
  { spec, deps, policy }: AgentParts,
  { signal, withinMs }: { signal: AbortSignal; withinMs: number },
): Promise<AgentChannel | undefined> {
  const { name: vm } = spec;
  const onFailure = (error: unknown) => deps.log.error({ vm, ...failureOf(error) }, 'the channel to the agent failed');
  const onNote = (note: ClipboardNote) => {
    const happening = happeningOf(note);
    if (happening) void deps.events.add({ vm, ...happening });
  };
  try {
    const rules = { rules: () => clipboardRules(policy()), fileRules: () => fileRules(policy()) };
    return await AgentChannel.connect(path, { vm, ...rules, onNote, onFailure, signal, withinMs });
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'FETCH_FAILED')) throw error;
    deps.log.warn({ vm, ...failureOf(error) }, 'the machine has no port for an agent');
    return undefined;
  }
}

/** What the log says of it: what kind, which way, how large, and never what it was. */
function happeningOf(note: ClipboardNote): Happening | undefined {
  switch (note.what) {
    case 'file': {
      const { name, bytes } = note;
      const text = `the file ${name} of ${formatBytes(bytes)} was put into its guest`;
      return { kind: 'file', text, details: { name, bytes } };
    }
    case 'copied':
      return undefined;
    case 'kept-inside':
      return {
        ...{ kind: 'clipboard', same: 'kept-inside', details: { did: 'kept-inside' } },
        text: 'something that was copied in its guest stays there: the project lets nothing out',
      };
    case 'given':
    case 'taken': {
      const what = WORDS[note.type];
      const way = note.what === 'given' ? 'pasted in its guest' : 'taken out of its guest';
      return {
        kind: 'clipboard',
        text: `a ${what} of ${formatBytes(note.bytes)} was ${way}`,
        details: { did: note.what, what, bytes: note.bytes },
      };
    }
  }
}
