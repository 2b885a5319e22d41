import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { DevicesAnswer } from '../../../api/devices.ts';
import { AskFailure } from '../ask.ts';
import { useSaid } from '../texts/said.ts';
import { useCatalogue } from '../texts/texts.ts';
import { deviceTexts } from '../texts/texts-devices.ts';
import { ask, useDevices } from './asks.ts';
import { type Playing, playSound } from './play-sound.ts';
import { speakInto } from './speak-into.ts';

const TOLD_MS = 8000;
/** What goes between a machine and a page, and what begins it: `allow` has its device connected. */
const OPEN = { sound: playSound, microphone: speakInto };

/** The sound of a machine in this page, or the page’s microphone in the machine. */
export interface MachineStream {
  kind: keyof typeof OPEN;
  /** Who may connect it; undefined where the machine has no such device. */
  may: DevicesAnswer['devices'][number]['may'] | undefined;
  /** It is connected by an account, which is asked for among the devices. */
  asksWho: boolean;
  isOn: boolean;
  toggle: () => void;
}

/** Nothing goes until it is asked for; what ends it, here or elsewhere, is told. `isThere`: the machine runs, and has devices. */
export function useStream(vm: string, isThere: boolean, kind: MachineStream['kind']): MachineStream {
  const texts = useCatalogue(deviceTexts).streams[kind];
  const said = useSaid();
  const queries = useQueryClient();
  const { data } = useDevices(vm, isThere);
  const device = isThere ? data?.devices.find((each) => each.kind === kind) : undefined;
  const wanted = useRef<Promise<Playing>>(undefined);
  const [isOn, setOn] = useState(false);
  const end = useCallback(() => {
    const ending = wanted.current;
    wanted.current = undefined;
    setOn(false);
    ending?.then(
      (playing) => playing.end(),
      () => undefined,
    );
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another machine is another stream
  useEffect(() => end, [vm, end]);
  const begin = (name: string, isConnected: boolean) => {
    const allow = async () => {
      if (isConnected) return;
      queries.setQueryData(['devices', vm], await ask('connectDevice', { vm, body: { device: name } }));
    };
    const onEnd = () => {
      void queries.invalidateQueries({ queryKey: ['devices', vm] });
      if (wanted.current !== beginning) return;
      end();
      notifications.show({ title: vm, message: texts.ended, autoClose: TOLD_MS });
    };
    const beginning = OPEN[kind](vm, allow, onEnd);
    wanted.current = beginning;
    setOn(true);
    beginning.catch((error: unknown) => {
      if (wanted.current === beginning) end();
      const why = error instanceof AskFailure ? `${error.message}. ${said.remedy(error)} (${error.code})` : texts.fails;
      notifications.show({ title: vm, message: why, color: 'yellow', autoClose: TOLD_MS });
    });
  };
  return {
    kind,
    may: device?.may,
    asksWho: device?.may === 'users-and-groups' && device.connected === undefined,
    isOn,
    toggle: () => {
      if (isOn) end();
      else if (device) begin(device.name, device.connected !== undefined);
    },
  };
}
