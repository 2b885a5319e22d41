import { Alert, Button, Checkbox, Group, Modal, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { useReimage } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';

interface ReimageProps {
  vm: string;
  isOpen: boolean;
  onClose: () => void;
}

/** Puts a machine back to how it was installed, once its user knows what is lost (ACE 1.0 pp. 226-227). */
export function Reimage({ vm, isOpen, onClose }: ReimageProps) {
  const texts = useTexts();
  const [dataDisk, setDataDisk] = useState(false);
  const reimage = useReimage();
  const close = () => {
    setDataDisk(false);
    reimage.reset();
    onClose();
  };
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title={`${texts.reimage}: ${vm}`}
      closeButtonProps={{ 'aria-label': texts.close }}
    >
      <Stack>
        <Text>{texts.reimageLoss}</Text>
        <Alert color="orange" variant="light">
          {texts.reimageAdvice}
        </Alert>
        <Checkbox
          label={texts.reimageDataDisk}
          checked={dataDisk}
          onChange={({ target }) => setDataDisk(target.checked)}
        />
        {reimage.error && <FailureAlert error={reimage.error} texts={texts} />}
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={close}>
            {texts.cancel}
          </Button>
          <Button
            color="red"
            loading={reimage.isPending}
            onClick={() => reimage.mutate({ vm, dataDisk }, { onSuccess: close })}
          >
            {texts.reimage}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
