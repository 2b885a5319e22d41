import { Anchor, Button, Group, NumberInput, Select, Stack, Switch, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import type { HardwareAnswer } from '../../../api/manager/hardware.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { StillMissing } from '../../ui/StillMissing.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { LeaveGuard } from '../frame/LeaveGuard.tsx';
import { Part } from '../frame/Part.tsx';
import { StaleAlert } from '../frame/StaleAlert.tsx';
import { useHeld } from '../frame/use-held.ts';
import { ask } from '../process.ts';
import { frame } from '../texts/frame.ts';
import { hardware } from '../texts/hardware.ts';
import { changeOf, type Draft, missingOf } from './changed-hardware.ts';

/** A machine’s hardware, as `lazaret-manager vm set` has it. */
export function HardwarePage() {
  const { vm = '' } = useParams();
  const query = useQuery({ queryKey: ['hardware', vm], queryFn: ({ signal }) => ask('hardware', { vm, signal }) });
  return (
    <Part title={useCatalogue(hardware).title(vm)}>
      <Loaded query={query} texts={useCatalogue(frame)}>
        {(answer) => <Form key={vm} vm={vm} answer={answer} />}
      </Loaded>
    </Part>
  );
}

function Form({ vm, answer }: { vm: string; answer: HardwareAnswer }) {
  const texts = useCatalogue(hardware);
  const frameTexts = useCatalogue(frame);
  const queries = useQueryClient();
  const [draft, setDraft] = useState<Draft>({});
  const { answer: held, isStale, takeOver } = useHeld(answer, Object.keys(draft).length > 0);
  const change = changeOf(held, draft);
  const isChanged = Object.keys(change).length > 0;
  const missing = missingOf(draft);
  const save = useMutation({
    mutationFn: () => ask('saveHardware', { vm, body: { seen: held.seen, ...changeOf(held, draft) } }),
    onSuccess: async () => {
      await queries.invalidateQueries();
      setDraft({});
    },
  });
  const set = (more: Draft) => {
    save.reset();
    setDraft({ ...draft, ...more });
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <LeaveGuard isDirty={isChanged && !save.isPending} stays={`/machines/${vm}/hardware`} />
      <Stack maw={640}>
        {isStale && !save.isPending && <StaleAlert text={texts.changedMeanwhile} onTakeOver={takeOver} />}
        <Fields hardware={{ ...held, ...draft }} onChange={set} />
        {save.error && <FailureAlert error={save.error} texts={frameTexts} />}
        <Group>
          <Button
            type="submit"
            disabled={!isChanged || missing.length > 0}
            loading={save.isPending}
            aria-describedby="hardware-missing"
          >
            {texts.save}
          </Button>
          <Button variant="default" disabled={Object.keys(draft).length === 0} onClick={() => setDraft({})}>
            {texts.discard}
          </Button>
          <StillMissing id="hardware-missing" fields={missing.map((field) => texts[field])} />
        </Group>
        <Text size="sm" role="status">
          {save.isSuccess && !isChanged ? (
            <>
              {texts.saved}{' '}
              <Anchor component={Link} to="/packages" size="sm" underline="always">
                {texts.toPackages}
              </Anchor>
            </>
          ) : (
            texts.holds
          )}
        </Text>
      </Stack>
    </form>
  );
}

function Fields({
  hardware: { memoryMiB, cpus, firmware, tpm, secureBoot },
  onChange,
}: {
  hardware: Omit<HardwareAnswer, 'memoryMiB' | 'cpus'> & { memoryMiB: number | string; cpus: number | string };
  onChange: (change: Draft) => void;
}) {
  const texts = useCatalogue(hardware);
  const isDirect = firmware === 'direct';
  return (
    <>
      <Group grow align="flex-end">
        <NumberInput
          label={texts.memory}
          value={memoryMiB}
          onChange={(value) => onChange({ memoryMiB: value })}
          {...{ min: 32, max: 1 << 20, step: 256, allowDecimal: false, suffix: ' MiB' }}
        />
        <NumberInput
          label={texts.cpus}
          value={cpus}
          onChange={(value) => onChange({ cpus: value })}
          {...{ min: 1, max: 64, allowDecimal: false }}
        />
      </Group>
      <Select
        label={texts.firmware}
        disabled={isDirect}
        {...(isDirect ? { description: texts.directHelp } : {})}
        data={[
          { value: 'bios', label: 'BIOS' },
          { value: 'uefi', label: 'UEFI' },
          ...(isDirect ? [{ value: 'direct', label: texts.direct }] : []),
        ]}
        allowDeselect={false}
        value={firmware}
        onChange={(value) => onChange({ firmware: value === 'uefi' ? 'uefi' : 'bios' })}
      />
      <Switch
        label={texts.secureBoot}
        description={texts.secureBootHelp}
        checked={secureBoot}
        onChange={({ target }) => onChange({ secureBoot: target.checked })}
      />
      <Switch
        label={texts.tpm}
        description={texts.tpmHelp}
        checked={tpm}
        onChange={({ target }) => onChange({ tpm: target.checked })}
      />
    </>
  );
}
