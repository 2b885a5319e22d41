import { connectUnix } from '../sys/network/sockets.ts';
import { SoundReader } from './sound-reader.ts';

const CONNECT_MS = 5000;

/**
 * What a machine plays, piece by piece as `SoundReader` has it, until QEMU ends or the signal does. What is not taken is not read, and
 * QEMU drops it.
 * @throws FETCH_FAILED, FILE_DENIED, VM_FAILED where QEMU speaks nonsense
 */
export async function* soundOf(path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const qemu = await connectUnix(path, CONNECT_MS);
  const end = () => void qemu.destroy();
  signal.addEventListener('abort', end, { once: true });
  try {
    const reader = new SoundReader();
    for await (const bytes of qemu) {
      if (signal.aborted) return;
      const { answer, samples } = reader.take(bytes);
      if (answer.length > 0) qemu.write(answer);
      yield* samples;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', end);
    qemu.destroy();
  }
}
