import { Button, Group, Modal, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { ask } from '../process.ts';
import { frame } from '../texts/frame.ts';
import { machines } from '../texts/machines.ts';

/** Ends a machine as if its plug were pulled; what would be lost is said before. */
export function PowerOff({ vm }: { vm: string }) {
  const texts = useCatalogue(machines);
  const frameTexts = useCatalogue(frame);
  const [isAsked, question] = useDisclosure(false);
  const off = useMutation({ mutationFn: () => ask('powerOff', { vm }), onSuccess: question.close });
  return (
    <>
      <Button variant="default" onClick={question.open}>
        {texts.powerOff}
      </Button>
      <Modal
        opened={isAsked}
        onClose={question.close}
        title={texts.powerOffTitle}
        closeButtonProps={{ 'aria-label': frameTexts.close }}
      >
        <Text mb="md">{texts.powerOffText}</Text>
        {off.error && <FailureAlert error={off.error} texts={frameTexts} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={question.close}>
            {texts.keep}
          </Button>
          <Button color="red" loading={off.isPending} onClick={() => off.mutate()}>
            {texts.powerOff}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
