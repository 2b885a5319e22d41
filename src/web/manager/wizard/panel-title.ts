import type { WizardTexts } from '../texts/wizard.ts';
import type { Outcome, Place } from './wizard-state.ts';

/** What a panel is called. */
export function titleOf(place: Place, { panels }: Outcome, texts: WizardTexts): string {
  if (place === 'ready') return texts.ready;
  if (place === 'deploy') return texts.deploy;
  const panel = panels.find(({ name }) => name === place);
  return panel ? texts.panelTitle(panel) : '';
}
