import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { ask } from '../process.ts';
import { frame } from '../texts/frame.ts';

/** Suspends a machine of the project, or shuts it down; why it runs on, where it does. */
export function LeaveRun({ vm, how, text }: { vm: string; how: 'suspendRun' | 'shutDown'; text: string }) {
  const frameTexts = useCatalogue(frame);
  const leave = useMutation({ mutationFn: async () => void (await ask(how, { vm })) });
  return (
    <>
      <Button variant="default" loading={leave.isPending} onClick={() => leave.mutate()}>
        {text}
      </Button>
      {leave.error && <FailureAlert error={leave.error} texts={frameTexts} />}
    </>
  );
}
