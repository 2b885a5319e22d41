import type { Quarantine } from '../../policy/quarantine.ts';
import { type VersionDraft, withDraft } from './version-draft.ts';
import { answered, type Outside } from './wizard-answers.ts';
import type { WizardAnswers } from './wizard-form.ts';

/**
 * The quarantine that the wizard’s answers make, with what its list of versions says where it is version-based.
 * @throws POLICY_INVALID, VERSION_*
 */
export function withAnswers(
  before: Quarantine,
  answers: WizardAnswers,
  draft: VersionDraft,
  outside: Outside,
): Quarantine {
  const made = answered(before, answers, outside);
  return made.type === 'version-based' ? withDraft(made, draft, outside.now) : made;
}
