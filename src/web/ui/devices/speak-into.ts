import { microphonePath } from '../../../api/paths.ts';
import workletUrl from './microphone-worklet.ts?worker&url';
import type { Playing } from './play-sound.ts';

/** As the service takes it. */
const RATE = 48_000;
/** The page may play the machine’s sound meanwhile. Else the machine hears what the microphone does. */
const AS_IT_IS = { channelCount: 1, echoCancellation: true, noiseSuppression: false, autoGainControl: false };
/** What waits longer than a third of a second is late: what is said meanwhile is for nobody. */
const LATE_BYTES = 32 << 10;

/**
 * Lets a machine hear this page’s microphone, once its user has let the page have it and `allow` has had it connected; `onEnd` is told when
 * the service or the browser ends it.
 */
export async function speakInto(vm: string, allow: () => Promise<void>, onEnd: () => void): Promise<Playing> {
  const heard = await navigator.mediaDevices.getUserMedia({ audio: AS_IT_IS });
  const context = new AudioContext({ sampleRate: RATE });
  const close = () => {
    for (const track of heard.getTracks()) track.stop();
    void context.close();
  };
  try {
    await allow();
    await context.audioWorklet.addModule(workletUrl);
    const taker = new AudioWorkletNode(context, 'microphone', { channelCount: 1, channelCountMode: 'explicit' });
    context.createMediaStreamSource(heard).connect(taker);
    // It gives nothing on; without a way to the loudspeaker no browser would run it.
    taker.connect(context.destination);
    const socket = new WebSocket(`ws://${location.host}/api${microphonePath(vm)}`);
    taker.port.onmessage = ({ data }) => {
      if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount <= LATE_BYTES) socket.send(data);
    };
    for (const track of heard.getTracks()) track.onended = () => socket.close();
    socket.onclose = () => {
      close();
      onEnd();
    };
    return { end: () => socket.close() };
  } catch (error) {
    close();
    throw error;
  }
}
