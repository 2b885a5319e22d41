import { Box, Text } from '@mantine/core';
import RFB from '@novnc/novnc';
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react';
import { consolePath } from '../../api/paths.ts';
import { useTexts } from './use-texts.ts';

const AGAIN_MS = 1000;

/** What the bar can do with the screen. */
export interface Screen {
  sendCtrlAltDel: () => void;
}

/** The guest’s screen. It is connected to again whenever it is lost, as long as this is shown. */
// biome-ignore lint/style/noDefaultExport: React loads it so, when a screen is wanted
export default function Console({ vm, screen }: { vm: string; screen: Ref<Screen> }) {
  const texts = useTexts();
  const place = useRef<HTMLDivElement>(null);
  const rfb = useRef<RFB | null>(null);
  const [isThere, setThere] = useState(false);
  const [hasKeys, setKeys] = useState(false);
  const [tries, setTries] = useState(0);
  useImperativeHandle(screen, () => ({ sendCtrlAltDel: () => rfb.current?.sendCtrlAltDel() }), []);
  useEffect(() => {
    if (!place.current) return undefined;
    const again: { timer?: ReturnType<typeof setTimeout> } = {};
    const connection = new RFB(place.current, `ws://${location.host}/api${consolePath(vm)}`, { shared: true });
    connection.scaleViewport = true;
    connection.background = 'transparent';
    connection.addEventListener('connect', () => setThere(true));
    connection.addEventListener('disconnect', () => {
      setThere(false);
      rfb.current = null;
      again.timer = setTimeout(() => setTries(tries + 1), AGAIN_MS);
    });
    rfb.current = connection;
    return () => {
      clearTimeout(again.timer);
      if (rfb.current) connection.disconnect();
      clearTimeout(again.timer);
    };
  }, [vm, tries]);
  return (
    <Box flex={1} mih={0} pos="relative" bg="dark.9">
      <Box
        ref={place}
        h="100%"
        role="application"
        aria-label={texts.console}
        onFocus={() => setKeys(true)}
        onBlur={() => setKeys(false)}
      />
      {(!isThere || hasKeys) && (
        <Text size="xs" c="gray.3" pos="absolute" bottom={4} left={8} role="status" style={{ pointerEvents: 'none' }}>
          {isThere ? texts.consoleKeys : texts.consoleGone}
        </Text>
      )}
    </Box>
  );
}
