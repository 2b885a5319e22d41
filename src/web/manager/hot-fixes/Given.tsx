import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import type { AnsweredHotFixAnswer, OpenedHotFixAnswer } from '../../../api/manager/hot-fixes.ts';
import { saveText } from '../../ui/save-text.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { hotFixes as catalogue } from '../texts/hot-fixes.ts';

/** An answer that was given: its file, and a mail for it; or what is read out. */
export function Given({ opened, given }: { opened: OpenedHotFixAnswer; given: AnsweredHotFixAnswer }) {
  const texts = useCatalogue(catalogue);
  const { file, fileName = '', letters } = given;
  const address = opened.told?.address ?? '';
  const mail = new URLSearchParams({ subject: texts.mailSubject(opened.vm), body: texts.mailBody(fileName) });
  // A mail program takes plus signs as they are.
  const query = `${mail}`.replaceAll('+', '%20');
  return (
    <Alert color="green" role="status" variant="light">
      <Stack gap="sm">
        <Text size="sm">
          {letters !== undefined ? texts.givenByTelephone : file !== undefined ? texts.given : texts.givenInWords}
        </Text>
        {letters !== undefined && (
          <Group>
            {letters.split(' ').map((group) => (
              <Code key={group} fz="lg">
                {group}
              </Code>
            ))}
          </Group>
        )}
        {file !== undefined && (
          <Group>
            <Button onClick={() => saveText(file, fileName)}>{texts.save}</Button>
            {address !== '' && (
              <Button variant="default" component="a" href={`mailto:${encodeURIComponent(address)}?${query}`}>
                {texts.mail}
              </Button>
            )}
          </Group>
        )}
      </Stack>
    </Alert>
  );
}
