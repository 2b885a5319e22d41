import type { MachineAnswer } from '../../../api/machine.ts';
import type { HotFixProblem } from '../../../policy/hot-fixes.ts';
import type { StateKind } from '../../ui/StateBadge.tsx';
import type { PlayerTexts } from '../texts/texts.en.ts';

/**
 * state     | access     | shown as
 * damaged   | any        | refused: damaged
 * stopped   | any        | unknown: stopped
 * paused    | any        | unknown: standing still
 * stopping  | any        | unknown: shutting down
 * suspended | any        | unknown: suspended; `suspending` while its memory is saved
 * running   | normal …   | its access
 */
export function shownState({ state, access }: MachineAnswer, texts: PlayerTexts): { kind: StateKind; word: string } {
  if (state === 'damaged') return { kind: 'refused', word: texts.stateDamaged };
  if (state === 'stopped') return { kind: 'unknown', word: texts.stateStopped };
  if (state === 'paused') return { kind: 'unknown', word: texts.statePaused };
  if (state === 'suspending') return { kind: 'unknown', word: texts.stateSuspending };
  if (state === 'suspended') return { kind: 'unknown', word: texts.stateSuspended };
  if (state === 'stopping') return { kind: 'unknown', word: texts.stateStopping };
  switch (access) {
    case 'normal':
      return { kind: 'normal', word: texts.stateNormal };
    case 'restricted':
      return { kind: 'restricted', word: texts.stateRestricted };
    case 'refused':
      return { kind: 'refused', word: texts.stateRefused };
    default:
      return { kind: 'unknown', word: texts.stateStopped };
  }
}

/** The problem that a hot fix can be asked for now, where the project has hot fixes for it; a lost password is its user’s to tell. */
export function hotFixFor({ hotFixes = [], cannotStart, expiration }: MachineAnswer): HotFixProblem | undefined {
  const isMoved = cannotStart?.code === 'MOVED';
  const isEnding = expiration !== undefined && expiration.state !== 'valid';
  const problem = isMoved ? 'moved' : isEnding ? 'expired' : undefined;
  return problem && hotFixes.includes(problem) ? problem : undefined;
}

/** Whether a machine has a screen: it runs, or stands still. */
export function isOn({ state }: MachineAnswer): boolean {
  return state === 'running' || state === 'paused' || state === 'stopping' || state === 'suspending';
}

/** Whether a machine can be started: it does not run. */
export function isOff({ state }: MachineAnswer): boolean {
  return state === 'stopped' || state === 'suspended';
}
