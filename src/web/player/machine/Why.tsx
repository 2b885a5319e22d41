import { Button, Code, Stack, Table, Text } from '@mantine/core';
import type { MachineAnswer } from '../../../api/machine.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { OwnWords } from '../../ui/OwnWords.tsx';
import { StateBadge } from '../../ui/StateBadge.tsx';
import { ToldFailure } from '../../ui/ToldFailure.tsx';
import { type SaidBy, useSaid } from '../../ui/texts/said.ts';
import { momentText, useLanguage } from '../../ui/texts/texts.ts';
import { Words } from '../../ui/Words.tsx';
import { useLookUp } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';
import { shownState } from './machine-state.ts';
import { Reach } from './Reach.tsx';
import { Refused } from './Refused.tsx';
import { SetByProject } from './SetByProject.tsx';
import { TimeLeft } from './TimeLeft.tsx';

/** Why a machine may reach what it may: reason, version, network, policy, and what was refused lately. */
export function Why({ machine }: { machine: MachineAnswer }) {
  const texts = useTexts();
  const language = useLanguage();
  const said = useSaid();
  const lookUp = useLookUp();
  const { vm, state, reason, message, code, remedy, denied = [], names = [] } = machine;
  const unresolved = names.filter(({ unresolvedSince }) => unresolvedSince !== undefined);
  return (
    <Stack gap="md">
      <StateBadge {...shownState(machine, texts)} />
      {message && <Text style={{ whiteSpace: 'pre-line' }}>{message}</Text>}
      {remedy && (
        <Text>
          <Words text={said.remedy({ code, remedy })} /> <Code>{code}</Code>
        </Text>
      )}
      {!machine.why && <OwnWords words={said.failure(machine).words} />}
      {machine.stands && <ToldFailure failure={machine.stands} />}
      <TimeLeft machine={machine} />
      <Table variant="vertical" layout="fixed">
        <Table.Tbody>
          {facts(machine, { texts, language, said }).map(([name, value]) => (
            <Table.Tr key={`${name} ${value}`}>
              <Table.Th w={120}>{name}</Table.Th>
              <Table.Td style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-line' }}>{value}</Table.Td>
            </Table.Tr>
          ))}
          {unresolved.map(({ name, unresolvedSince = '' }) => (
            <Table.Tr key={name}>
              <Table.Th style={{ overflowWrap: 'anywhere' }}>{name}</Table.Th>
              <Table.Td>{texts.unresolved(momentText(unresolvedSince, language))}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {state === 'running' && reason !== undefined && (
        <Button variant="default" loading={lookUp.isPending} onClick={() => lookUp.mutate(vm)}>
          {texts.checkAgain}
        </Button>
      )}
      {lookUp.error && <FailureAlert error={lookUp.error} texts={texts} />}
      {state === 'running' && <Reach vm={vm} />}
      <Refused denied={denied} />
      {machine.settings && <SetByProject settings={machine.settings} />}
    </Stack>
  );
}

function facts(
  machine: MachineAnswer,
  { texts, language, said }: { texts: Texts; language: Language; said: SaidBy },
): [string, string][] {
  const {
    reason,
    version,
    descriptor,
    origin,
    zone,
    policySerial,
    lookedUpAt,
    accel,
    enforcement,
    trial,
    notes,
    stoppedBy,
    hardware,
  } = machine;
  const word = origin === undefined ? '' : `, ${texts.wordOf[origin]}`;
  const at = lookedUpAt === undefined ? texts.never : momentText(lookedUpAt, language);
  const rows: [string, string | undefined][] = [
    [texts.accessReason, reason && (machine.why ? said.reason(machine.why, reason) : said.failure(machine).text)],
    [texts.version, `${version ?? descriptor ?? texts.versionUnset}${word}`],
    [texts.zone, zone],
    [texts.policy, policySerial === undefined ? undefined : texts.policyAt(policySerial, at)],
    [texts.lookUpFailed, failedText(machine, texts, language, said)],
    [texts.stoppedBy, stoppedBy && texts.stoppedByWhat(stoppedBy.program, stoppedBy.command)],
    ...(machine.moved ?? []).map(({ subnet, taken, by, to }): [string, string] => [
      texts.subnet,
      texts.subnetMoved(to, subnet, taken, by),
    ]),
    ...(machine.clashes ?? []).map(({ subnet, taken, by }): [string, string] => [
      texts.clash,
      texts.clashWith(subnet, taken, by),
    ]),
    [texts.resolvers, resolversText(machine, texts, language)],
    [texts.ready, readyText(machine, texts, language)],
    [texts.guestTools, machine.guest && texts.guestToolsAre(machine.guest.healthy, machine.guest.port)],
    [texts.runsOn, accel && enforcement ? `${accel}, ${texts.enforcement[enforcement]}` : undefined],
    [texts.hardware, hardware && texts.hardwareIs(hardware.memoryMiB, hardware.cpus)],
    [texts.trial, trial],
    [texts.notes, notes],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] satisfies [string, string]]));
}

type Texts = ReturnType<typeof useTexts>;
type Language = ReturnType<typeof useLanguage>;

function failedText(
  { lookUpFailed: failed }: MachineAnswer,
  texts: Texts,
  language: Language,
  said: SaidBy,
): string | undefined {
  return failed && texts.lookUpFailedSince(said.failure(failed).text, momentText(failed.since, language));
}

function resolversText({ resolvers }: MachineAnswer, texts: Texts, language: Language): string | undefined {
  if (!resolvers) return undefined;
  if (resolvers.addresses.length === 0) return texts.resolversNobody;
  const addresses = resolvers.addresses.join(', ');
  const { silentSince } = resolvers;
  return silentSince === undefined ? addresses : texts.resolversSilent(addresses, momentText(silentSince, language));
}

function readyText({ state, readySince }: MachineAnswer, texts: Texts, language: Language): string | undefined {
  if (state !== 'running') return undefined;
  return readySince === undefined ? texts.notReady : texts.readySince(momentText(readySince, language));
}
