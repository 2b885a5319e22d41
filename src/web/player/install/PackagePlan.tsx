import { Button, Checkbox, Code, Group, List, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import type { PlanAnswer } from '../../../api/install.ts';
import { typed } from '../../../lib/command-words.ts';
import type { AsJson } from '../../../lib/json.ts';
import { OwnWords } from '../../ui/OwnWords.tsx';
import { useSaid } from '../../ui/texts/said.ts';
import { bytesText, useLanguage } from '../../ui/texts/texts.ts';
import { Words } from '../../ui/Words.tsx';
import { useTexts } from '../texts/use-texts.ts';
import { RulesText } from './RulesText.tsx';

type Plan = AsJson<PlanAnswer>;

export interface Confirmed {
  replace: boolean;
  keepOld: boolean;
  consentTo?: string;
  for?: 'all';
}

interface Planned {
  plan: Plan;
  /** Where the package is. */
  source: string;
  onInstall: (confirmed: Confirmed) => void;
}

/** Problems that the user answers by confirming, so that they do not keep him from going on. */
const ASKED = new Set(['INSTALL_CONFIRM', 'HOST_CONFIRM']);

/** What a package would do here; it is installed once all that is asked has been confirmed. */
export function PackagePlan({ plan, source, onInstall }: Planned) {
  const texts = useTexts();
  const language = useLanguage();
  const [replace, setReplace] = useState(false);
  const [keepOld, setKeepOld] = useState(false);
  const [isForAll, setForAll] = useState(false);
  const [isConsenting, setConsenting] = useState(false);
  const loses = plan.machines.some(({ losesChanges }) => losesChanges);
  const asks = plan.host.action === 'ask' ? plan.host : undefined;
  const problems = plan.problems.filter(({ code }) => !ASKED.has(code));
  const isReady = problems.length === 0 && (!loses || replace) && (!asks || isConsenting);
  const adds = plan.machines.some(({ action }) => action === 'add');
  const whose = isForAll ? { for: 'all' as const } : {};
  const said = useSaid();
  const [lazaret] = plan.lazaret ?? [];
  const consent = asks ? { consentTo: asks.digest } : {};
  return (
    <Stack gap="sm">
      <Title order={3} size="h5">
        {texts.planTitle(plan.package, plan.project.name)}
      </Title>
      {plan.notes && <Text style={{ whiteSpace: 'pre-line' }}>{plan.notes}</Text>}
      <List spacing={4}>
        {plan.machines.map((machine) => (
          <List.Item key={machine.vm}>{machineText(machine, texts)}</List.Item>
        ))}
      </List>
      <Text size="sm" c="dimmed">
        {texts.planBytes(bytesText(plan.bytes.fetch, language), bytesText(plan.bytes.free, language))}
      </Text>
      {lazaret && (
        <Text>
          <Words text={texts.planLazaret(lazaret.version, typed(['lazaret', 'upgrade', source]))} />
        </Text>
      )}
      {problems.map((failure) => (
        <div key={`${failure.code} ${failure.reason}`} role="alert">
          <Text c="red">
            {said.failure(failure).text}. <Words text={said.remedy(failure)} /> <Code>{failure.code}</Code>
          </Text>
          <OwnWords words={said.failure(failure).words} />
        </div>
      ))}
      {asks && <RulesText policy={asks.policy} />}
      {asks && (
        <Checkbox label={texts.consent} checked={isConsenting} onChange={(e) => setConsenting(e.target.checked)} />
      )}
      {loses && <Checkbox label={texts.loses} checked={replace} onChange={(e) => setReplace(e.target.checked)} />}
      <Checkbox label={texts.keepOld} checked={keepOld} onChange={(e) => setKeepOld(e.target.checked)} />
      {adds && <Checkbox label={texts.forAll} checked={isForAll} onChange={(e) => setForAll(e.target.checked)} />}
      <Group>
        <Button disabled={!isReady} onClick={() => onInstall({ replace, keepOld, ...whose, ...consent })}>
          {texts.doInstall}
        </Button>
      </Group>
    </Stack>
  );
}

function machineText(
  { vm, action, afterStop, losesChanges, losesMemory, unusable = [], isOver }: Plan['machines'][number],
  texts: ReturnType<typeof useTexts>,
): string {
  const does = {
    add: texts.planAdd,
    replace: losesChanges ? texts.planLoses : texts.planReplace,
    keep: texts.planKeep,
    mend: texts.planMend,
    refuse: texts.planRefuse,
  };
  const snapshots = unusable.length === 0 ? '' : `; ${texts.planUnusable(unusable.join(', '))}`;
  return `${vm} ${does[action]}${afterStop ? `, ${texts.afterStop}` : ''}${losesMemory ? `; ${texts.planMemory}` : ''}${snapshots}${isOver ? `; ${texts.planOver}` : ''}`;
}
