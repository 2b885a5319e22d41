import { ActionIcon, Button, Group, Menu, Modal, Stack, Text } from '@mantine/core';
import { type RefObject, useState } from 'react';
import type { MachineAnswer } from '../../../api/machine.ts';
import { Devices } from '../../ui/devices/Devices.tsx';
import { StreamItem } from '../../ui/devices/StreamItem.tsx';
import type { MachineStream } from '../../ui/devices/use-stream.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import type { Fit, Screen } from '../../ui/screen/Console.tsx';
import { ScreenItems } from '../../ui/screen/ScreenItems.tsx';
import { SendText } from '../../ui/screen/SendText.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { deviceTexts } from '../../ui/texts/texts-devices.ts';
import { ClipboardItems } from '../devices/ClipboardItems.tsx';
import type { MachineClipboard } from '../devices/clipboard.ts';
import { FileItem } from '../devices/FileItem.tsx';
import { SharedFolder, SharedFolderItem } from '../devices/SharedFolder.tsx';
import { HotFix } from '../hot-fixes/HotFix.tsx';
import { useChangePassword, useProjectName, useReset, useRollback, useStop, useSuspend } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';
import { Hardware } from './Hardware.tsx';
import { isOn } from './machine-state.ts';
import { PasswordDialog } from './PasswordDialog.tsx';
import { PowerItems } from './PowerItems.tsx';
import { Reimage } from './Reimage.tsx';
import { Snapshots } from './Snapshots.tsx';

interface Question {
  text: string;
  action: () => void;
}

interface MachineMenuProps {
  machine: MachineAnswer;
  screen: RefObject<Screen | null>;
  fit: Fit;
  onFit: (fit: Fit) => void;
  clipboard: MachineClipboard;
  sound: MachineStream;
  microphone: MachineStream;
}

/** What can be done with a machine; what cannot be undone is asked about first. */
export function MachineMenu({ machine, screen, fit, onFit, clipboard, sound, microphone }: MachineMenuProps) {
  const { vm, former } = machine;
  const texts = useTexts();
  const project = useProjectName();
  const { devices } = useCatalogue(deviceTexts);
  const stop = useStop();
  const reset = useReset();
  const suspend = useSuspend();
  const rollback = useRollback();
  const change = useChangePassword();
  const [question, setQuestion] = useState<Question>();
  const [isTyping, setTyping] = useState(false);
  const [hasSnapshots, setSnapshots] = useState(false);
  const [isConnecting, setConnecting] = useState(false);
  const [isSharing, setSharing] = useState(false);
  const [isReimaging, setReimaging] = useState(false);
  const [isAdministering, setAdministering] = useState(false);
  const [isLost, setLost] = useState(false);
  const isRunning = isOn(machine);
  const close = () => setQuestion(undefined);
  const error = stop.error ?? reset.error ?? suspend.error ?? rollback.error;
  const powerOff = () =>
    setQuestion({ text: texts.stopNowConfirm(vm), action: () => stop.mutate({ vm, force: true }) });
  const askReset = () => setQuestion({ text: texts.resetConfirm(vm), action: () => reset.mutate(vm) });
  const goBack = (to: number) => setQuestion({ text: texts.rollbackConfirm(to), action: () => rollback.mutate(vm) });
  const own = [
    canAskToTell() && { text: texts.tellMe, does: () => void Notification.requestPermission() },
    machine.password && { text: `${texts.passwordMenu} …`, does: () => change.mutate({ vm }) },
    machine.canAdminister && { text: `${texts.hardware} …`, does: () => setAdministering(true) },
    machine.hotFixes?.includes('password') && { text: `${texts.hotFixLost} …`, does: () => setLost(true) },
    former !== undefined && { text: texts.rollback, does: () => goBack(former) },
    machine.hasDevices && { text: `${devices} …`, does: () => setConnecting(true) },
    (machine.rights?.snapshots ?? 0) > 0 && { text: `${texts.snapshots} …`, does: () => setSnapshots(true) },
    machine.canReimage && !isRunning && { text: `${texts.reimage} …`, does: () => setReimaging(true), color: 'red' },
  ].filter((item) => typeof item === 'object');
  return (
    <>
      {/* What would take the focus first is a focusable that is no item: no menu may have one (WCAG 1.3.1). */}
      <Menu position="bottom-end" withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <ActionIcon variant="default" aria-label={texts.menu} disabled={!isRunning && own.length === 0}>
            ⋯
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {isRunning && (
            <ScreenItems
              screen={screen}
              fit={fit}
              onFit={onFit}
              {...(machine.rights?.preferences === false ? { locked: texts.lockedBy(project) } : {})}
              onSendText={() => setTyping(true)}
            />
          )}
          {isRunning &&
            [sound, microphone].map((stream) => (
              <StreamItem key={stream.kind} {...{ stream, project }} onDevices={() => setConnecting(true)} />
            ))}
          {isRunning && <ClipboardItems machine={machine} clipboard={clipboard} />}
          {isRunning && <FileItem machine={machine} />}
          {isRunning && <SharedFolderItem machine={machine} onChoose={() => setSharing(true)} />}
          {isRunning && (
            <Menu.Item component="a" href={`/machines/${vm}`} target="_blank" rel="noreferrer">
              {texts.popOut}
            </Menu.Item>
          )}
          {isRunning && <Menu.Item onClick={() => suspend.mutate(vm)}>{texts.suspend}</Menu.Item>}
          {isRunning && <Menu.Item onClick={() => stop.mutate({ vm, force: false })}>{texts.stop}</Menu.Item>}
          {isRunning && <PowerItems machine={machine} onReset={askReset} onPowerOff={powerOff} />}
          {own.map(({ text, does, ...colour }) => (
            <Menu.Item key={text} onClick={does} {...colour}>
              {text}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <PasswordDialog vm={vm} title={`${texts.passwordMenu}: ${vm}`} work={change} isChange />
      {isLost && <HotFix vm={vm} problem="password" onClose={() => setLost(false)} />}
      <SendText vm={vm} isOpen={isTyping} onClose={() => setTyping(false)} screen={screen} />
      <Hardware vm={vm} isOpen={isAdministering} onClose={() => setAdministering(false)} />
      <Devices
        {...{ vm, isOn: isRunning, frame: texts, project }}
        isOpen={isConnecting}
        onClose={() => setConnecting(false)}
      />
      <SharedFolder machine={machine} isOpen={isSharing} onClose={() => setSharing(false)} />
      <Snapshots machine={machine} isOpen={hasSnapshots} onClose={() => setSnapshots(false)} />
      <Reimage vm={vm} isOpen={isReimaging} onClose={() => setReimaging(false)} />
      <Modal
        opened={question !== undefined || error !== null}
        onClose={() => {
          close();
          stop.reset();
          reset.reset();
          suspend.reset();
          rollback.reset();
        }}
        title={vm}
        closeButtonProps={{ 'aria-label': texts.close }}
      >
        <Stack>
          {error ? <FailureAlert error={error} texts={texts} /> : <Text>{question?.text}</Text>}
          {!error && (
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                {texts.cancel}
              </Button>
              <Button
                onClick={() => {
                  question?.action();
                  close();
                }}
              >
                {texts.confirm}
              </Button>
            </Group>
          )}
        </Stack>
      </Modal>
    </>
  );
}

/** Whether the browser can tell things outside the page, and its user has not been asked yet. */
function canAskToTell(): boolean {
  return 'Notification' in window && Notification.permission === 'default';
}
