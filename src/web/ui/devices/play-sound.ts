import { soundPath } from '../../../api/paths.ts';
import workletUrl from './sound-worklet.ts?worker&url';

/** As the service sends it. */
const RATE = 48_000;

/** Sound that is played, until it is ended. */
export interface Playing {
  end: () => void;
}

/**
 * Plays what a machine does, once `allow` has had its sound connected; `onEnd` is told when nothing more comes. To be called by a click: without one
 * browsers are silent.
 */
export async function playSound(vm: string, allow: () => Promise<void>, onEnd: () => void): Promise<Playing> {
  const context = new AudioContext({ sampleRate: RATE });
  try {
    await allow();
    await context.audioWorklet.addModule(workletUrl);
    const speaker = new AudioWorkletNode(context, 'sound', { numberOfInputs: 0, outputChannelCount: [2] });
    speaker.connect(context.destination);
    const socket = new WebSocket(`ws://${location.host}/api${soundPath(vm)}`);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => speaker.port.postMessage(data, [data]);
    socket.onclose = () => {
      void context.close();
      onEnd();
    };
    return { end: () => socket.close() };
  } catch (error) {
    void context.close();
    throw error;
  }
}
