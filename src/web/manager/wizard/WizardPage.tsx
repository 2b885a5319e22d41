import { useParams } from 'react-router';
import { Loaded } from '../../ui/Loaded.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { Part } from '../frame/Part.tsx';
import { useQuarantine } from '../process.ts';
import { frame } from '../texts/frame.ts';
import { wizard } from '../texts/wizard.ts';
import { Wizard } from './Wizard.tsx';

/** VMware ACE’s Network Quarantine Wizard for a machine: every panel is an address, nothing is written before Finish. */
export function WizardPage() {
  const { vm = '', panel = 'options' } = useParams();
  const texts = useCatalogue(wizard);
  return (
    <Part title={texts.title(vm)}>
      <Loaded query={useQuarantine(vm)} texts={useCatalogue(frame)}>
        {(answer) => <Wizard key={vm} vm={vm} panel={panel} answer={answer} />}
      </Loaded>
    </Part>
  );
}
