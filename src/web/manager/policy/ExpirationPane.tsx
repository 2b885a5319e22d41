import { NumberInput, Select, Stack, TextInput } from '@mantine/core';
import { Expiration, NEVER } from '../../../policy/expiration.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { policy as catalogue } from '../texts/policy.ts';
import type { Pane } from './PolicyPanes.tsx';
import { TypedText } from './TypedText.tsx';

type Ending = Exclude<Expiration, { type: 'never' }>;
type Kind = Expiration['type'];

const DEFAULT_DAYS = 30;

/** How long a machine may be used. What is typed is taken when it makes a policy: half of a date would be a wrong one. */
export function ExpirationPane({ policy, onPolicy }: Pane) {
  const texts = useCatalogue(catalogue).expiration;
  const { expiration = NEVER, ...others } = policy;
  const take = (wanted: unknown) => {
    const read = Expiration.safeParse(wanted);
    if (read.success) onPolicy(read.data.type === 'never' ? others : { ...others, expiration: read.data });
  };
  const choose = (type: Kind) => {
    const { message, warning, renewal } = endingOf(expiration);
    const ending = known({ message, warning, renewal });
    if (type === 'never') take(NEVER);
    if (type === 'days') take({ type, days: DEFAULT_DAYS, ...ending });
    if (type === 'date')
      take({ type, date: new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10), ...ending });
  };
  const kinds: Kind[] = ['never', 'days', 'date'];
  return (
    <Stack gap="xs">
      <Select
        label={texts.when}
        data={kinds.map((kind) => ({ value: kind, label: texts.kinds[kind] }))}
        value={expiration.type}
        allowDeselect={false}
        onChange={(kind) => kind !== null && choose(kind)}
      />
      {expiration.type === 'days' && (
        <NumberInput
          label={texts.days}
          value={expiration.days}
          min={1}
          max={32767}
          allowDecimal={false}
          onChange={(days) => take({ ...expiration, days })}
        />
      )}
      {expiration.type === 'date' && (
        <TextInput
          type="date"
          label={texts.date}
          value={expiration.date}
          onChange={({ target }) => take({ ...expiration, date: target.value })}
        />
      )}
      {expiration.type !== 'never' && <EndingFields expiration={expiration} onExpiration={take} />}
    </Stack>
  );
}

function EndingFields({ expiration, onExpiration }: { expiration: Ending; onExpiration: (wanted: unknown) => void }) {
  const texts = useCatalogue(catalogue).expiration;
  const { message, warning, renewal, ...limit } = expiration;
  const change = (ending: Partial<Record<'message' | 'warning' | 'renewal', unknown>>) =>
    onExpiration({ ...limit, ...known({ message, warning, renewal, ...ending }) });
  const warned = (text: string) => known({ before: warning?.before, message: text === '' ? undefined : text });
  return (
    <>
      <TypedText
        label={texts.message}
        present={message ?? ''}
        isLong
        onText={(text) => change({ message: text === '' ? undefined : text })}
      />
      <TypedText
        label={texts.before}
        description={texts.beforeHelp}
        present={warning?.before ?? ''}
        onText={(text) => change({ warning: text === '' ? undefined : { ...warning, before: text } })}
      />
      {warning && (
        <TypedText
          label={texts.warning}
          present={warning.message ?? ''}
          isLong
          onText={(text) => change({ warning: warned(text) })}
        />
      )}
      <TypedText
        label={texts.renewal}
        description={texts.renewalHelp}
        present={renewal?.file ?? ''}
        onText={(text) => change({ renewal: text === '' ? undefined : { ...renewal, file: text } })}
      />
    </>
  );
}

function endingOf(expiration: Expiration): Partial<Ending> {
  return expiration.type === 'never' ? {} : expiration;
}

function known(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
