import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { DifferenceAnswer } from '../../../api/manager/deployments.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { ask } from '../process.ts';
import { deployments } from '../texts/deployments.ts';
import { frame } from '../texts/frame.ts';
import { DifferenceWords, useDifference } from './Difference.tsx';

/** Asks before the policies of an earlier deploy are written into the project, and says what is taken back by that. */
export function TakeBack({ serial, onClose, onDone }: { serial: number; onClose: () => void; onDone: () => void }) {
  const texts = useCatalogue(deployments);
  const frameTexts = useCatalogue(frame);
  const query = useDifference(`${serial}`, undefined);
  return (
    <Modal
      opened
      onClose={onClose}
      title={texts.backTitle(serial)}
      closeButtonProps={{ 'aria-label': frameTexts.close }}
    >
      <Stack>
        <Text size="sm">{texts.backHelp}</Text>
        <Loaded query={query} texts={frameTexts}>
          {({ machines }) => <Confirm {...{ serial, onClose, onDone }} machines={machines} />}
        </Loaded>
      </Stack>
    </Modal>
  );
}

function Confirm({
  serial,
  machines,
  onClose,
  onDone,
}: DifferenceAnswer & { serial: number; onClose: () => void; onDone: () => void }) {
  const texts = useCatalogue(deployments);
  const frameTexts = useCatalogue(frame);
  const queries = useQueryClient();
  // What is on one side alone stays as it is.
  const changed = machines.filter(({ before, after }) => before !== undefined && after !== undefined);
  const takeBack = useMutation({
    mutationFn: () => {
      const seen = changed.flatMap(({ vm, seen: digest }) => (digest === undefined ? [] : [[vm, digest] as const]));
      return ask('takeBack', { id: `${serial}`, body: { seen: Object.fromEntries(seen) } });
    },
    onSuccess: async () => {
      await queries.invalidateQueries();
      onDone();
    },
  });
  if (changed.length === 0) return <Text size="sm">{texts.backSame}</Text>;
  return (
    <>
      <Text size="sm">{texts.undone}</Text>
      <DifferenceWords machines={changed} />
      {takeBack.error && <FailureAlert error={takeBack.error} texts={frameTexts} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {texts.cancel}
        </Button>
        <Button loading={takeBack.isPending} onClick={() => takeBack.mutate()}>
          {texts.goBack}
        </Button>
      </Group>
    </>
  );
}
