import { Button, Code, Group, List, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import type { HotFixRequestedAnswer } from '../../../api/hot-fix.ts';
import { saveText } from '../../ui/save-text.ts';
import { momentText, useLanguage } from '../../ui/texts/texts.ts';
import { useTexts } from '../texts/use-texts.ts';

/** A request that was made: its file, a mail for it, and what is read out where there is no network. */
export function HotFixAsked({ asked, children }: { asked: HotFixRequestedAnswer; children: ReactNode }) {
  const texts = useTexts();
  const language = useLanguage();
  const { vm, file, fileName, letters, until, email, subject, telephone, instructions } = asked;
  const to = email ?? texts.hotFixAdministrator;
  const mail = new URLSearchParams({
    subject: subject ?? texts.hotFixOf(vm),
    body: texts.hotFixMailBody(fileName),
  });
  // A mail program takes plus signs as they are.
  const query = `${mail}`.replaceAll('+', '%20');
  return (
    <Stack>
      <Text>{texts.hotFixSend(to)}</Text>
      {instructions && <Text style={{ whiteSpace: 'pre-line' }}>{instructions}</Text>}
      <Group>
        <Button onClick={() => saveText(file, fileName)}>{texts.hotFixSave}</Button>
        {email && (
          <Button variant="default" component="a" href={`mailto:${encodeURIComponent(email)}?${query}`}>
            {texts.hotFixMail}
          </Button>
        )}
      </Group>
      <Title order={3} size="h5">
        {texts.hotFixByTelephone}
      </Title>
      <Text size="sm">{texts.hotFixReadOut(telephone ?? texts.hotFixAdministrator)}</Text>
      <List type="ordered" size="sm" style={{ columns: 2 }}>
        {letters.split(' ').map((group) => (
          <List.Item key={group}>
            <Code>{group}</Code>
          </List.Item>
        ))}
      </List>
      <Text size="sm" c="dimmed">
        {texts.hotFixUntil(momentText(until, language))}
      </Text>
      <Group justify="flex-end">{children}</Group>
    </Stack>
  );
}
