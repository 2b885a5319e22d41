import { Button, Group, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { HotFixProblem } from '../../../policy/hot-fixes.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { useRequestHotFix } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';
import { HotFixAnswered } from './HotFixAnswered.tsx';
import { HotFixAsked } from './HotFixAsked.tsx';

export interface HotFixDialogProps {
  vm: string;
  /** None any more, where the answer has mended it. */
  problem: HotFixProblem | undefined;
  onClose: () => void;
}

/** Asks for a hot fix, says how the request gets to the administrator, and takes the answer (ACE 1.0 pp. 150-151). */
export function HotFixDialog({ vm, problem, onClose }: HotFixDialogProps) {
  const texts = useTexts();
  const request = useRequestHotFix();
  const [{ name, address, note }, setAsking] = useState({ name: '', address: '', note: '' });
  const [hasAnswer, setHasAnswer] = useState(false);
  const asking = { name, address, note };
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (problem && name.trim() !== '') request.mutate({ vm, problem, ...asking, name: name.trim() });
  };
  const haveAnswer = (
    <Button variant="default" onClick={() => setHasAnswer(true)}>
      {texts.hotFixHave} …
    </Button>
  );
  return (
    <Modal opened onClose={onClose} title={texts.hotFixOf(vm)} closeButtonProps={{ 'aria-label': texts.close }}>
      {hasAnswer && <HotFixAnswered vm={vm} onClose={onClose} />}
      {!hasAnswer && request.data && <HotFixAsked asked={request.data}>{haveAnswer}</HotFixAsked>}
      {!hasAnswer && !request.data && (
        <form onSubmit={send}>
          <Stack>
            <Text>{problem && texts.hotFixProblem[problem]}</Text>
            <TextInput
              label={texts.hotFixName}
              required
              maxLength={100}
              data-autofocus
              value={name}
              onChange={({ target }) => setAsking({ ...asking, name: target.value })}
            />
            <TextInput
              label={texts.hotFixAddress}
              maxLength={254}
              value={address}
              onChange={({ target }) => setAsking({ ...asking, address: target.value })}
            />
            <Textarea
              label={texts.hotFixNote}
              autosize
              maxRows={6}
              maxLength={2000}
              value={note}
              onChange={({ target }) => setAsking({ ...asking, note: target.value })}
            />
            {request.error && <FailureAlert error={request.error} texts={texts} />}
            <Group justify="flex-end">
              {haveAnswer}
              <Button type="submit" disabled={name.trim() === ''} loading={request.isPending}>
                {texts.hotFixMake}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
