import { Stack, Switch, Text } from '@mantine/core';
import { Clipboard } from '../../../policy/clipboard.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { policy as catalogue } from '../texts/policy.ts';
import type { Pane } from './PolicyPanes.tsx';
import { TypedNumber } from './TypedNumber.tsx';

/** Which way copied texts and pictures may pass, and how large they may be; the number is taken when its field is left. */
export function ClipboardPane({ policy, onPolicy }: Pane) {
  const texts = useCatalogue(catalogue).clipboard;
  const { clipboard: set, ...others } = policy;
  const clipboard = Clipboard.parse(set ?? {});
  const { hostToGuest, guestToHost, mostKiB } = clipboard;
  const change = (changed: Partial<Clipboard>) => {
    const next = { ...clipboard, ...changed };
    onPolicy(next.hostToGuest || next.guestToHost ? { ...others, clipboard: next } : others);
  };
  return (
    <Stack gap="xs">
      <Switch
        label={texts.hostToGuest}
        checked={hostToGuest}
        onChange={({ target }) => change({ hostToGuest: target.checked })}
      />
      <Switch
        label={texts.guestToHost}
        checked={guestToHost}
        onChange={({ target }) => change({ guestToHost: target.checked })}
      />
      <Text size="xs" c="dimmed">
        {texts.help}
      </Text>
      {(hostToGuest || guestToHost) && (
        <TypedNumber
          label={texts.most}
          max={8192}
          present={mostKiB}
          onNumber={(most) => most !== undefined && change({ mostKiB: most })}
        />
      )}
    </Stack>
  );
}
