import { useState } from 'react';
import { FRESH, type WizardState } from './wizard-state.ts';

/**
 * The wizard’s state of a machine, which survives a reload of this tab; it is forgotten where the file is another one by then.
 */
export function useWizard(vm: string, seen: string) {
  const key = `wizard ${vm}`;
  const [state, setState] = useState<WizardState>(() => keptIn(key, seen) ?? FRESH);
  const change = (next: WizardState) => {
    setState(next);
    sessionStorage.setItem(key, JSON.stringify({ seen, state: next }));
  };
  const forget = () => {
    setState(FRESH);
    sessionStorage.removeItem(key);
  };
  return { state, change, forget };
}

function keptIn(key: string, seen: string): WizardState | undefined {
  try {
    const kept = JSON.parse(sessionStorage.getItem(key) ?? 'null');
    return kept?.seen === seen ? kept.state : undefined;
  } catch {
    return undefined;
  }
}
