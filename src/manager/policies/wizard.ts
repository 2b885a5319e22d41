import { randomBytes } from 'node:crypto';
import type { Quarantine } from '../../policy/quarantine.ts';
import { answered, type Outside } from '../../quarantine/edit/wizard-answers.ts';
import type { WizardAnswers } from '../../quarantine/edit/wizard-form.ts';
import { systemClock } from '../../sys/clock.ts';
import { type AgreeToLoss, type ChangedPolicy, changePolicy, lossText, quarantineOf } from './change-policy.ts';

/** A wizard that was opened for a machine’s quarantine: whoever asks its questions shows what the answers make of it. */
export interface OpenWizard {
  before: Quarantine;
  /** What the answers make of it. @throws POLICY_INVALID, VERSION_EXISTS, VERSION_UNKNOWN */
  resultOf: (answers: WizardAnswers) => Quarantine;
  /** What would be lost for good with that. */
  lossOf: (result: Quarantine) => string | undefined;
  /** Saves what was shown. What changed meanwhile stays as it is now, but where it was asked about. @throws as changePolicy */
  save: (answers: WizardAnswers, agree: AgreeToLoss) => Promise<ChangedPolicy>;
}

/** @throws PROJECT_*, VM_UNKNOWN */
export async function openWizard(folder: string, vm: string): Promise<OpenWizard> {
  const before = await quarantineOf(folder, vm);
  const outside = remembered(() => randomBytes(4).readUInt32BE());
  return {
    before,
    resultOf: (answers) => answered(before, answers, outside()),
    lossOf: (result) => lossText(vm, before, result),
    save: (answers, agree) => changePolicy(folder, vm, (policy) => answered(policy, answers, outside()), agree),
  };
}

/** Gives what chance gave the first time, so that what is saved is what was shown. */
function remembered(draw: () => number): () => Outside {
  const drawn: number[] = [];
  return () => {
    let count = 0;
    const randomBits = () => {
      drawn[count] ??= draw();
      return drawn[count++] ?? 0;
    };
    return { randomBits, now: systemClock() };
  };
}
