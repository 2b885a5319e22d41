import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { type RefObject, useState } from 'react';
import { useCatalogue } from '../texts/texts.ts';
import { screenTexts } from '../texts/texts-screen.ts';
import type { Screen } from './Console.tsx';
import { typed } from './us-keyboard.ts';

const MAX_CHARACTERS = 4000;

interface SendTextProps {
  vm: string;
  isOpen: boolean;
  onClose: () => void;
  screen: RefObject<Screen | null>;
}

/** Types a text into the machine, as its keyboard would: for what cannot be pasted there. */
export function SendText({ vm, isOpen, onClose, screen }: SendTextProps) {
  const texts = useCatalogue(screenTexts);
  const [text, setText] = useState('');
  const [isSending, setSending] = useState(false);
  const { strokes, missing } = typed(text);
  const send = async () => {
    setSending(true);
    await screen.current?.type(strokes);
    setSending(false);
    setText('');
    onClose();
  };
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={`${texts.sendText}: ${vm}`}
      closeButtonProps={{ 'aria-label': texts.close }}
    >
      <Stack>
        <Textarea
          label={texts.sendText}
          description={texts.sendTextHelp}
          autosize
          maxRows={8}
          maxLength={MAX_CHARACTERS}
          data-autofocus
          value={text}
          onChange={({ target }) => setText(target.value)}
          error={missing.length > 0 && texts.noKey(missing.join(' '))}
        />
        <Text size="sm" c="dimmed">
          {texts.sendTextSecret}
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {texts.cancel}
          </Button>
          <Button disabled={strokes.length === 0 || missing.length > 0} loading={isSending} onClick={() => void send()}>
            {texts.send}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
