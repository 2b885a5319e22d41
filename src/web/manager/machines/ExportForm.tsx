import { Button, Group, Radio, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { CopyButton } from '../../ui/CopyButton.tsx';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { StillMissing } from '../../ui/StillMissing.tsx';
import { bytesText, useCatalogue, useLanguage } from '../../ui/texts/texts.ts';
import { ask } from '../process.ts';
import { TaskView } from '../tasks/TaskView.tsx';
import { isOn, useTask } from '../tasks/use-task.ts';
import { exporting } from '../texts/export.ts';
import { frame } from '../texts/frame.ts';
import { exportRequest, missingOf, type NewExport, usualFile } from './new-export.ts';

interface ExportFormProps {
  vm: string;
  /** It starts its kernel without firmware. */
  isDirect: boolean;
  isSuspended: boolean;
}

/** What a machine is exported as and where to, then how it goes on, and where the file lies. */
export function ExportForm({ vm, isDirect, isSuspended }: ExportFormProps) {
  const texts = useCatalogue(exporting);
  const frameTexts = useCatalogue(frame);
  const language = useLanguage();
  const [wanted, setWanted] = useState<NewExport>({ format: isDirect ? 'qcow2' : 'ova', folder: '', file: '' });
  const set = (change: Partial<NewExport>) => setWanted({ ...wanted, ...change });
  const { task, begun } = useTask('export', vm);
  const request = exportRequest(vm, wanted);
  const begin = useMutation({
    mutationFn: async () => {
      if (request) await begun(await ask('exportMachine', { vm, body: request }));
    },
  });
  const goesOn = task !== undefined && isOn(task);
  const missing = missingOf(wanted).map((field) => texts[field]);
  const { result } = task ?? {};
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        begin.mutate();
      }}
    >
      <Stack gap="sm">
        <Radio.Group
          label={texts.format}
          value={wanted.format}
          onChange={(value) => set({ format: value === 'qcow2' ? 'qcow2' : 'ova' })}
        >
          <Stack gap="xs" mt={4}>
            {(['ova', 'qcow2'] as const).map((format) => (
              <Radio
                key={format}
                value={format}
                label={texts.formats[format]}
                description={isDirect && format === 'ova' ? texts.noOva : texts.formatHelp[format]}
                disabled={isDirect && format === 'ova'}
              />
            ))}
          </Stack>
        </Radio.Group>
        <TextInput
          label={texts.folder}
          description={texts.folderHelp}
          placeholder="/srv/machines"
          spellCheck={false}
          value={wanted.folder}
          onChange={({ target }) => set({ folder: target.value })}
        />
        <TextInput
          label={texts.file}
          placeholder={usualFile(vm, wanted)}
          spellCheck={false}
          value={wanted.file}
          onChange={({ target }) => set({ file: target.value })}
        />
        {request && (
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {texts.become(request.path)}
          </Text>
        )}
        {isSuspended && <Text size="sm">{texts.shutDownFirst}</Text>}
        <Group>
          <Button
            type="submit"
            loading={begin.isPending || goesOn}
            disabled={!request || isSuspended}
            aria-describedby="export-missing"
          >
            {texts.begin}
          </Button>
          <StillMissing id="export-missing" fields={goesOn ? [] : missing} />
        </Group>
        {begin.error && <FailureAlert error={begin.error} texts={frameTexts} />}
        {task && <TaskView task={task} result={result && texts.exported(vm, bytesText(result.bytes, language))} />}
        {goesOn && <Text size="sm">{texts.leavesNothing}</Text>}
        {result && <CopyButton value={result.path} label={texts.place} />}
      </Stack>
    </form>
  );
}
