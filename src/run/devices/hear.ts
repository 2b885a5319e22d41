import { soundOf } from '../../vm/sound.ts';
import type { ConnectedDevices } from './connected-devices.ts';

/** What a machine plays, as long as the signal and its device last: pieces of 16-bit samples, left and right, 48,000 pairs a second. */
export type Hear = (signal: AbortSignal) => AsyncIterable<Buffer>;

/** How a machine is heard; undefined where its device for sound is not connected. @throws VM_FAILED */
export async function hear(
  devices: Pick<ConnectedDevices, 'whileConnected'>,
  socket: string,
): Promise<Hear | undefined> {
  const connected = await devices.whileConnected('sound');
  return connected && ((signal) => soundOf(socket, AbortSignal.any([connected, signal])));
}
