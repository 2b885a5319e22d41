import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { PATHS } from '../../../api/paths.ts';
import { AskFailure } from '../../ui/ask.ts';
import { sendFile } from '../../ui/send-file.ts';
import { useSaid } from '../../ui/texts/said.ts';
import { useTexts } from '../texts/use-texts.ts';

const TOLD_MS = 8000;

/** Sends files into a machine, one after the other, each with a note that says how far it is and stops it. */
export function useSendFiles(vm: string): (files: readonly File[]) => void {
  const texts = useTexts();
  const said = useSaid();
  const send = async (file: File) => {
    const cancelling = new AbortController();
    const note = (part: number) => ({
      title: texts.fileSending(file.name),
      message: <SendingNote part={part} name={file.name} onCancel={() => cancelling.abort()} />,
      autoClose: false as const,
      withCloseButton: false,
    });
    const id = notifications.show(note(0));
    const tell = (message: string, color: string) =>
      notifications.update({ id, title: vm, message, color, autoClose: TOLD_MS, withCloseButton: true });
    const to = `/api${PATHS.sendFile.path.replace(':vm', encodeURIComponent(vm))}?${new URLSearchParams({ name: file.name })}`;
    try {
      const onProgress = (part: number) => notifications.update({ id, ...note(part) });
      await sendFile(to, file, { onProgress, signal: cancelling.signal });
      tell(texts.fileSent(file.name), 'green');
    } catch (error) {
      if (cancelling.signal.aborted) tell(texts.fileCancelled(file.name), 'yellow');
      else if (error instanceof AskFailure) tell(`${error.message}. ${said.remedy(error)} (${error.code})`, 'red');
      else tell(texts.fileUnreadable(file.name), 'red');
    }
  };
  // A guest takes one at a time.
  return (files) => void files.reduce((before, file) => before.then(() => send(file)), Promise.resolve());
}

function SendingNote({ part, name, onCancel }: { part: number; name: string; onCancel: () => void }) {
  const texts = useTexts();
  const percent = Math.floor(100 * part);
  return (
    <Stack gap={4}>
      <Progress value={percent} aria-label={texts.fileSending(name)} />
      <Group justify="space-between">
        <Text size="xs">{percent} %</Text>
        <Button size="compact-xs" variant="default" onClick={onCancel}>
          {texts.cancel}
        </Button>
      </Group>
    </Stack>
  );
}
