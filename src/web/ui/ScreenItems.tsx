import { Menu } from '@mantine/core';
import type { RefObject } from 'react';
import type { Fit, Screen } from './Console.tsx';
import { useCatalogue } from './texts.ts';
import { screenTexts } from './texts-screen.ts';

interface ScreenItemsProps {
  screen: RefObject<Screen | null>;
  fit: Fit;
  onFit: (fit: Fit) => void;
  onSendText: () => void;
}

/** What a menu has for the screen of a machine: keys that the browser’s computer keeps for itself, text, and how it fits. */
export function ScreenItems({ screen, fit, onFit, onSendText }: ScreenItemsProps) {
  const texts = useCatalogue(screenTexts);
  return (
    <>
      <Menu.Item onClick={() => screen.current?.sendCtrlAltDel()}>{texts.keys}</Menu.Item>
      <Menu.Item onClick={onSendText}>{texts.sendText} …</Menu.Item>
      <Menu.RadioGroup value={fit} onChange={(chosen) => onFit(chosen as Fit)}>
        {(['scale', 'own', 'follow'] as const).map((each) => (
          <Menu.RadioItem key={each} value={each} closeMenuOnClick>
            {texts.fits[each]}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </>
  );
}
