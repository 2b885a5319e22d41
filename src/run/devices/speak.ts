import { speakTo } from '../../vm/microphone.ts';
import type { ConnectedDevices } from './connected-devices.ts';

/** Lets a machine hear 16-bit samples, 48,000 a second, until they end or its device is taken away. */
export type Speak = (speech: AsyncIterable<Buffer>) => Promise<void>;

/** How a machine is spoken to; undefined where its microphone is not connected. @throws VM_FAILED */
export async function speak(
  devices: Pick<ConnectedDevices, 'whileConnected'>,
  socket: string,
): Promise<Speak | undefined> {
  const connected = await devices.whileConnected('microphone');
  return connected && ((speech) => speakTo(socket, speech, connected));
}
