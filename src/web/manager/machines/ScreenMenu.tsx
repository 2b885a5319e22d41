import { Button, Menu } from '@mantine/core';
import { type ReactNode, type RefObject, useState } from 'react';
import type { Fit, Screen } from '../../ui/screen/Console.tsx';
import { ScreenItems } from '../../ui/screen/ScreenItems.tsx';
import { SendText } from '../../ui/screen/SendText.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { machines } from '../texts/machines.ts';

interface ScreenMenuProps {
  vm: string;
  screen: RefObject<Screen | null>;
  fit: Fit;
  onFit: (fit: Fit) => void;
  /** More of its items. */
  children: ReactNode;
}

/** The menu of a machine’s screen: keys, text, how it fits, and what else belongs there. */
export function ScreenMenu({ vm, screen, fit, onFit, children }: ScreenMenuProps) {
  const texts = useCatalogue(machines);
  const [isTyping, setTyping] = useState(false);
  return (
    <>
      {/* What would take the focus first is a focusable that is no item: no menu may have one (WCAG 1.3.1). */}
      <Menu position="bottom-end" withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button variant="default">{texts.screenMenu} ▾</Button>
        </Menu.Target>
        <Menu.Dropdown>
          <ScreenItems screen={screen} fit={fit} onFit={onFit} onSendText={() => setTyping(true)} />
          {children}
        </Menu.Dropdown>
      </Menu>
      <SendText vm={vm} isOpen={isTyping} onClose={() => setTyping(false)} screen={screen} />
    </>
  );
}
