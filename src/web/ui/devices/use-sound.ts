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

const TOLD_MS = 8000;

/** The sound of a machine in this page. */
export interface MachineSound {
  /** Who may connect it; undefined where the machine has no device for sound. */
  may: DevicesAnswer['devices'][number]['may'] | undefined;
  /** It is connected by an account, which is asked for among the devices. */
  asksWho: boolean;
  isHeard: boolean;
  toggle: () => void;
}

/** Silent until it is asked for; what ends it, here or elsewhere, is told. `isThere`: the machine runs, and has devices. */
export function useSound(vm: string, isThere: boolean): MachineSound {
  const texts = useCatalogue(deviceTexts);
  const said = useSaid();
  const queries = useQueryClient();
  const { data } = useDevices(vm, isThere);
  const device = isThere ? data?.devices.find(({ kind }) => kind === 'sound') : undefined;
  const wanted = useRef<Promise<Playing>>(undefined);
  const [isHeard, setHeard] = useState(false);
  const end = useCallback(() => {
    const ending = wanted.current;
    wanted.current = undefined;
    setHeard(false);
    ending?.then(
      (playing) => playing.end(),
      () => undefined,
    );
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another machine is another sound
  useEffect(() => end, [vm, end]);
  const begin = (name: string, isConnected: boolean) => {
    const connect = async () =>
      queries.setQueryData(['devices', vm], await ask('connectDevice', { vm, body: { device: name } }));
    const onEnd = () => {
      void queries.invalidateQueries({ queryKey: ['devices', vm] });
      if (wanted.current !== beginning) return;
      end();
      notifications.show({ title: vm, message: texts.soundEnded, autoClose: TOLD_MS });
    };
    const beginning = playSound(vm, isConnected ? Promise.resolve() : connect(), onEnd);
    wanted.current = beginning;
    setHeard(true);
    beginning.catch((error: unknown) => {
      if (wanted.current === beginning) end();
      const why =
        error instanceof AskFailure ? `${error.message}. ${said.remedy(error)} (${error.code})` : texts.soundEnded;
      notifications.show({ title: vm, message: why, color: 'yellow', autoClose: TOLD_MS });
    });
  };
  return {
    may: device?.may,
    asksWho: device?.may === 'users-and-groups' && device.connected === undefined,
    isHeard,
    toggle: () => {
      if (isHeard) end();
      else if (device) begin(device.name, device.connected !== undefined);
    },
  };
}
