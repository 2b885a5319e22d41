import { notifications } from '@mantine/notifications';
import { useCallback, useEffect, useRef } from 'react';
import type { MachineAnswer } from '../../../api/machine.ts';
import { AskFailure } from '../../ui/ask.ts';
import { useSaid } from '../../ui/texts/said.ts';
import { ask } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';

const LOOK_MS = 1000;
const TOLD_MS = 4000;
const TYPES = ['text/plain', 'image/png'] as const;
type CopiedType = (typeof TYPES)[number];

/** What a user does with the clipboard of a machine; how it went is told by a notification. */
export interface MachineClipboard {
  /** Lets what was copied on this computer be pasted in the machine. */
  give: () => void;
  /** Copies here what was copied in the machine. */
  take: () => void;
}

/** While its screen is shown, what is copied in a machine is copied here too, where its project lets it out and the browser lets the page. */
export function useClipboard(machine: MachineAnswer | undefined, isShown: boolean): MachineClipboard {
  const texts = useTexts();
  const said = useSaid();
  const vm = machine?.vm ?? '';
  const mayTake = machine?.rights?.clipboard?.guestToHost === true;
  const known = useRef<number>(undefined);
  const take = useCallback(async () => {
    await writeHere(await ask('takeClipboard', { vm }));
    notifications.show({ title: vm, message: texts.clipboardTaken, autoClose: TOLD_MS });
  }, [texts, vm]);
  const give = useCallback(async () => {
    const copied = await readHere();
    if (copied) await ask('giveClipboard', { vm, body: copied });
    const message = copied ? texts.clipboardGiven : texts.clipboardNothing;
    notifications.show({ title: vm, message, autoClose: TOLD_MS });
  }, [texts, vm]);
  useEffect(() => {
    if (!isShown || !mayTake) return undefined;
    const look = async () => {
      // A machine that has just ended says so by itself.
      const serial = await ask('clipboard', { vm }).then(
        (answer) => answer.serial,
        () => undefined,
      );
      const isNew = serial !== undefined && known.current !== undefined && serial > known.current;
      if (serial === undefined || (isNew && !document.hasFocus())) return;
      known.current = serial;
      if (!isNew) return;
      // Where the browser asks for a click first, there is the menu.
      await take().catch(() => notifications.show({ title: vm, message: texts.clipboardAsk, autoClose: TOLD_MS }));
    };
    const timer = setInterval(() => void look(), LOOK_MS);
    return () => clearInterval(timer);
  }, [isShown, mayTake, vm, take, texts]);
  const tell = (error: unknown) => {
    const message =
      error instanceof AskFailure
        ? `${error.message}. ${said.remedy(error)} (${error.code})`
        : error instanceof DOMException && error.name === 'NotAllowedError'
          ? texts.clipboardDenied
          : texts.clipboardNothing;
    notifications.show({ title: vm, message, color: 'yellow', autoClose: 2 * TOLD_MS });
  };
  return { give: () => void give().catch(tell), take: () => void take().catch(tell) };
}

async function readHere(): Promise<{ type: CopiedType; base64: string } | undefined> {
  for (const item of await navigator.clipboard.read()) {
    const type = TYPES.find((each) => item.types.includes(each));
    if (type) return { type, base64: await base64Of(await item.getType(type)) };
  }
  return undefined;
}

async function writeHere({ type, base64 }: { type: CopiedType; base64: string }): Promise<void> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  await navigator.clipboard.write([new ClipboardItem({ [type]: new Blob([bytes], { type }) })]);
}

function base64Of(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(',')[1] ?? '');
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
