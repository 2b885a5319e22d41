import { Box, Text } from '@mantine/core';
import RFB from '@novnc/novnc';
import { type KeyboardEvent, type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react';
import { consolePath } from '../../../api/paths.ts';

const AGAIN_MS = 1000;
/** A guest’s keyboard has a queue of a few keys: what comes faster is lost. */
const STROKE_MS = 15;
/** The keys that lead out of the screen together, with the keysyms by which they are let go in the guest. */
const WAY_OUT = [
  ['ControlLeft', 0xffe3],
  ['AltLeft', 0xffe9],
  ['ShiftLeft', 0xffe1],
] as const;

/** A key that is pressed for a character: its place on the keyboard, and whether Shift is held. */
export interface Stroke {
  code: string;
  isShifted: boolean;
  /** The X11 keysym, for servers that take no places. */
  keysym: number;
}

/** What the bar can do with the screen. */
export interface Screen {
  sendCtrlAltDel: () => void;
  type: (strokes: readonly Stroke[]) => Promise<void>;
}

/** How the screen fits the window: made to fit, in its own size, or the guest is asked to take the window’s size. */
export type Fit = 'scale' | 'own' | 'follow';

interface ConsoleProps {
  vm: string;
  texts: { console: string; consoleKeys: string; consoleGone: string };
  fit: Fit;
  screen?: Ref<Screen>;
  /** Called when the user leaves the screen by its keys. */
  onLeave: () => void;
}

/** The guest’s screen. It is connected to again whenever it is lost, as long as this is shown. */
// biome-ignore lint/style/noDefaultExport: React loads it so, when a screen is wanted
export default function Console({ vm, texts, fit, screen, onLeave }: ConsoleProps) {
  const place = useRef<HTMLDivElement>(null);
  const rfb = useRef<RFB | null>(null);
  const [isThere, setThere] = useState(false);
  const [hasKeys, setKeys] = useState(false);
  const [tries, setTries] = useState(0);
  useImperativeHandle(
    screen,
    () => ({
      sendCtrlAltDel: () => rfb.current?.sendCtrlAltDel(),
      type: async (strokes) => {
        for (const stroke of strokes) {
          if (rfb.current) press(rfb.current, stroke);
          await new Promise((resolve) => setTimeout(resolve, STROKE_MS));
        }
      },
    }),
    [],
  );
  useEffect(() => {
    if (!place.current) return undefined;
    const again: { timer?: ReturnType<typeof setTimeout> } = {};
    const connection = new RFB(place.current, `ws://${location.host}/api${consolePath(vm)}`, { shared: true });
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
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new connection is told too
  useEffect(() => {
    if (!rfb.current) return;
    rfb.current.scaleViewport = fit === 'scale';
    rfb.current.resizeSession = fit === 'follow';
  }, [fit, tries]);
  const leave = (event: KeyboardEvent<HTMLDivElement>) => {
    if (!(event.ctrlKey && event.altKey && event.shiftKey)) return;
    event.preventDefault();
    event.stopPropagation();
    for (const [code, keysym] of WAY_OUT) rfb.current?.sendKey(keysym, code, false);
    onLeave();
  };
  return (
    <Box flex={1} mih={0} pos="relative" bg="dark.9">
      <Box
        ref={place}
        h="100%"
        role="application"
        aria-label={texts.console}
        onKeyDownCapture={leave}
        onFocus={() => setKeys(true)}
        onBlur={() => setKeys(false)}
      />
      {(!isThere || hasKeys) && (
        <Text
          size="xs"
          c="gray.3"
          bg="dark.9"
          px={4}
          pos="absolute"
          bottom={4}
          left={8}
          role="status"
          style={{ pointerEvents: 'none' }}
        >
          {isThere ? texts.consoleKeys : texts.consoleGone}
        </Text>
      )}
    </Box>
  );
}

function press(rfb: RFB, { code, isShifted, keysym }: Stroke): void {
  if (isShifted) rfb.sendKey(0xffe1, 'ShiftLeft', true);
  rfb.sendKey(keysym, code);
  if (isShifted) rfb.sendKey(0xffe1, 'ShiftLeft', false);
}
