import { Button, Group, Modal, NumberInput, PasswordInput, Stack, Text } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { HardwareAnswer, HardwareRequest } from '../../../api/hardware.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { useHardware } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';

interface HardwareProps {
  vm: string;
  isOpen: boolean;
  onClose: () => void;
}

/** The administrator at a user’s computer: his password first, then the machine’s hardware (ACE 1.0 p. 229). */
export function Hardware({ vm, isOpen, onClose }: HardwareProps) {
  const texts = useTexts();
  const [password, setPassword] = useState('');
  const [wanted, setWanted] = useState<Partial<Record<'memoryMiB' | 'cpus', number | string>>>({});
  /** As it was told last; unknown until the password was right. */
  const [present, setPresent] = useState<HardwareAnswer>();
  const [isChanged, setChanged] = useState(false);
  const ask = useHardware();
  const close = () => {
    setPassword('');
    setWanted({});
    setPresent(undefined);
    setChanged(false);
    ask.reset();
    onClose();
  };
  const take = (what: Omit<HardwareRequest, 'password'>) =>
    ask.mutate(
      { vm, password, ...what },
      {
        onSuccess: (answer) => {
          setPresent(answer);
          setWanted({});
          setChanged('change' in what || 'asPackaged' in what);
        },
      },
    );
  const send = (event: FormEvent) => {
    event.preventDefault();
    const { memoryMiB, cpus } = wanted;
    const change = {
      ...(typeof memoryMiB === 'number' ? { memoryMiB } : {}),
      ...(typeof cpus === 'number' ? { cpus } : {}),
    };
    take(Object.keys(change).length > 0 ? { change } : {});
  };
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title={`${texts.hardware}: ${vm}`}
      closeButtonProps={{ 'aria-label': texts.close }}
    >
      <form onSubmit={send}>
        <Stack>
          <Text size="sm">{texts.hardwareHelp}</Text>
          <PasswordInput
            label={texts.hardwarePassword}
            autoComplete="off"
            data-autofocus
            value={password}
            onChange={({ target }) => setPassword(target.value)}
          />
          {present && (
            <>
              <NumberInput
                label={texts.memoryIn}
                description={texts.atMost(present.most.memoryMiB)}
                min={32}
                allowDecimal={false}
                value={wanted.memoryMiB ?? present.memoryMiB}
                onChange={(memoryMiB) => setWanted({ ...wanted, memoryMiB })}
              />
              <NumberInput
                label={texts.processors}
                description={texts.atMost(present.most.cpus)}
                min={1}
                allowDecimal={false}
                value={wanted.cpus ?? present.cpus}
                onChange={(cpus) => setWanted({ ...wanted, cpus })}
              />
              <Text size="sm">{texts.packagedWith(present.packaged.memoryMiB, present.packaged.cpus)}</Text>
            </>
          )}
          {isChanged && !ask.error && <Text role="status">{texts.hardwareSaved}</Text>}
          {ask.error && <FailureAlert error={ask.error} texts={texts} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {texts.close}
            </Button>
            {present && (
              <Button variant="default" onClick={() => take({ asPackaged: true })}>
                {texts.asPackaged}
              </Button>
            )}
            <Button type="submit" disabled={password === ''} loading={ask.isPending}>
              {present ? texts.save : texts.confirm}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
