import { Button, Group, Menu, Modal, Stack, Switch, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { MachineAnswer } from '../../../api/machine.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { LockedBy } from '../../ui/LockedBy.tsx';
import { useProjectName, useShareFolder, useStopSharing } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';

interface SharedFolderProps {
  machine: MachineAnswer;
  isOpen: boolean;
  onClose: () => void;
}

/** Where its project lets no folder be shared, it is shown as locked. */
export function SharedFolderItem({ machine: { rights }, onChoose }: { machine: MachineAnswer; onChoose: () => void }) {
  const texts = useTexts();
  const project = useProjectName();
  const isLocked = (rights?.sharedFolder ?? 'nobody') === 'nobody';
  return (
    <Menu.Item
      disabled={isLocked}
      rightSection={isLocked && <LockedBy text={texts.lockedBy(project)} />}
      onClick={onChoose}
    >
      {texts.settings.sharedFolder} …
    </Menu.Item>
  );
}

/** The one folder of his computer that a user lets the guest have, and whether it may write there. */
export function SharedFolder({ machine: { vm, rights, sharedFolder }, isOpen, onClose }: SharedFolderProps) {
  const texts = useTexts();
  const project = useProjectName();
  const share = useShareFolder();
  const stop = useStopSharing();
  const [path, setPath] = useState('');
  const [isWritten, setWritten] = useState(false);
  const mayWrite = rights?.sharedFolder === 'read-write';
  const isWhole = path.trim().startsWith('/');
  const close = () => {
    share.reset();
    stop.reset();
    onClose();
  };
  const send = (event: FormEvent) => {
    event.preventDefault();
    stop.reset();
    const body = { path: path.trim(), readOnly: !(mayWrite && isWritten) };
    if (isWhole) share.mutate({ vm, ...body }, { onSuccess: () => setPath('') });
  };
  const error = share.error ?? stop.error;
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title={`${texts.settings.sharedFolder}: ${vm}`}
      closeButtonProps={{ 'aria-label': texts.close }}
    >
      <form onSubmit={send}>
        <Stack>
          <Text size="sm">{texts.shareHelp}</Text>
          {sharedFolder && (
            <Group justify="space-between" wrap="nowrap">
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {texts.shared(sharedFolder.path, sharedFolder.readOnly)}
              </Text>
              <Button
                variant="default"
                style={{ flexShrink: 0 }}
                loading={stop.isPending}
                onClick={() => {
                  share.reset();
                  stop.mutate(vm);
                }}
              >
                {texts.shareStop}
              </Button>
            </Group>
          )}
          <TextInput
            label={texts.sharePath}
            description={texts.sharePathHelp}
            value={path}
            maxLength={4096}
            onChange={({ target }) => setPath(target.value)}
            error={path.trim() !== '' && !isWhole && texts.sharePathWhole}
          />
          <Switch
            label={texts.shareWritten}
            description={mayWrite ? undefined : <LockedBy text={texts.lockedBy(project)} />}
            checked={mayWrite && isWritten}
            disabled={!mayWrite}
            onChange={({ target }) => setWritten(target.checked)}
          />
          {error && <FailureAlert error={error} texts={texts} />}
          <Group justify="flex-end">
            <Button type="submit" loading={share.isPending} disabled={!isWhole}>
              {texts.share}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
