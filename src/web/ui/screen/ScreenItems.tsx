import { Menu } from '@mantine/core';
import type { RefObject } from 'react';
import { LockedBy } from '../LockedBy.tsx';
import { useCatalogue } from '../texts/texts.ts';
import { screenTexts } from '../texts/texts-screen.ts';
import type { Fit, Screen } from './Console.tsx';

interface ScreenItemsProps {
  screen: RefObject<Screen | null>;
  fit: Fit;
  onFit: (fit: Fit) => void;
  /** Says who has set how the screen fits, where it cannot be chosen. */
  locked?: string;
  onSendText: () => void;
}

/** What a menu has for the screen of a machine: keys that the browser’s computer keeps for itself, text, and how it fits. */
export function ScreenItems({ screen, fit, onFit, locked, onSendText }: ScreenItemsProps) {
  const texts = useCatalogue(screenTexts);
  return (
    <>
      <Menu.Item onClick={() => screen.current?.sendCtrlAltDel()}>{texts.keys}</Menu.Item>
      <Menu.Item onClick={onSendText}>{texts.sendText} …</Menu.Item>
      <Menu.RadioGroup value={fit} onChange={(chosen) => onFit(chosen as Fit)}>
        {(['scale', 'own', 'follow'] as const).map((each) => (
          <Menu.RadioItem
            key={each}
            value={each}
            closeMenuOnClick
            disabled={locked !== undefined}
            rightSection={locked !== undefined && <LockedBy text={locked} />}
          >
            {texts.fits[each]}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </>
  );
}
