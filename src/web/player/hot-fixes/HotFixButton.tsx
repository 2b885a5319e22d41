import { Button } from '@mantine/core';
import { useState } from 'react';
import type { MachineAnswer } from '../../../api/machine.ts';
import { hotFixFor } from '../machine/machine-state.ts';
import { useTexts } from '../texts/use-texts.ts';
import { HotFix } from './HotFix.tsx';

/** The way back into a machine that is refused, where its project has one for this. */
export function HotFixButton({ machine }: { machine: MachineAnswer }) {
  const texts = useTexts();
  const [isOpen, setOpen] = useState(false);
  const problem = hotFixFor(machine);
  if (!problem && !isOpen) return null;
  return (
    <>
      <Button variant={machine.cannotStart ? 'filled' : 'default'} onClick={() => setOpen(true)}>
        {texts.hotFix} …
      </Button>
      {isOpen && <HotFix vm={machine.vm} problem={problem} onClose={() => setOpen(false)} />}
    </>
  );
}
