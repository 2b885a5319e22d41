import { Alert, List, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { PackagePlanAnswer } from '../../../api/manager/jobs.ts';
import { ToldFailure } from '../../ui/ToldFailure.tsx';
import { bytesText, useCatalogue, useLanguage } from '../../ui/texts/texts.ts';
import { Section } from '../frame/Part.tsx';
import { packages } from '../texts/packages.ts';
import { warningText } from '../warnings.ts';
import { changeText, installedText, versionText } from './plan-text.ts';

/** What a package would be, in sentences: what speaks against it first. */
export function PlanView({ plan }: { plan: PackagePlanAnswer }) {
  const texts = useCatalogue(packages);
  const language = useLanguage();
  const { kind, generation, machines, policies, host, lazaret, bytes, warnings, problems, clock } = plan;
  const [exact, estimated] = [bytesText(bytes.exact, language), bytesText(bytes.estimated, language)];
  return (
    <Section title={texts.plan}>
      <Stack gap="xs">
        {[...problems, ...(clock ? [clock] : [])].map((failure) => (
          <ToldFailure key={`${failure.code} ${failure.reason}`} failure={failure} />
        ))}
        {warnings.map((warning) => (
          <Alert key={warning.text} color="yellow">
            {texts.warning(warningText(warning, language))}
          </Alert>
        ))}
        <Text size="sm">
          {texts.generation(texts.kinds[kind as keyof typeof texts.kinds] ?? kind, generation)}{' '}
          {bytes.exact === bytes.estimated ? texts.size(exact) : texts.sizes(exact, estimated)}
        </Text>
        <Lines>
          {machines.map((machine) => (
            <List.Item key={machine.vm}>
              {texts.machine(machine.vm, machine.release, versionText(machine, language))}
              <Text size="sm">{texts.installed(installedText(machine, language))}</Text>
            </List.Item>
          ))}
          {policies.map(({ vm, isFirst, changes }) => (
            <List.Item key={`policy of ${vm}`}>
              {isFirst ? texts.policyFirst(vm) : changes.length === 0 ? texts.policySame(vm) : texts.policy(vm)}
              {changes.length > 0 && (
                <Lines>
                  {changes.map((change) => (
                    <List.Item key={`${change.section} ${change.text}`}>{changeText(change, language)}</List.Item>
                  ))}
                </Lines>
              )}
            </List.Item>
          ))}
          {lazaret && (
            <List.Item>
              {texts.lazaret(lazaret.version, new Intl.ListFormat(language).format(lazaret.processors))}
            </List.Item>
          )}
          {host && (
            <List.Item>
              {host.isNew ? texts.hostNew : texts.hostSame}
              <Text size="sm" style={{ whiteSpace: 'pre-line' }}>
                {host.text}
              </Text>
            </List.Item>
          )}
        </Lines>
      </Stack>
    </Section>
  );
}

function Lines({ children }: { children: ReactNode }) {
  return (
    <List size="sm" styles={{ item: { overflowWrap: 'anywhere' } }}>
      {children}
    </List>
  );
}
