import { connectUnix } from '../sys/network/sockets.ts';
import { CHANNELS, nonsense, SpiceChannel, uint32 } from './spice-link.ts';

const CONNECT_MS = 5000;
/** So much may wait for QEMU; what is said meanwhile is for nobody. */
const LATE_BYTES = 64 << 10;
const RATE = 48_000;
const CHANNEL_COUNT = 2;

/** What the server tells of its guest, and what is answered. */
const BEGINS = 101;
const ENDS = 102;
const MAIN_BEGINS = 103;
const SAYS = { samples: 101, form: 102, from: 103 };
const AS_THEY_ARE = 1;

/**
 * Lets a machine hear 16-bit samples, 48,000 a second, until they end, the signal does, QEMU does, or another speaks to it.
 * @throws FETCH_FAILED, FILE_DENIED, VM_FAILED where QEMU speaks nonsense
 */
export async function speakTo(path: string, speech: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void> {
  const sockets = [await connectUnix(path, CONNECT_MS)];
  const end = () => {
    for (const socket of sockets) socket.destroy();
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    const [first] = sockets;
    if (!first || signal.aborted) return;
    const main = await SpiceChannel.open(first, CHANNELS.main, 0);
    const session = await sessionOf(main);
    const second = await connectUnix(path, CONNECT_MS);
    sockets.push(second);
    if (signal.aborted) return;
    const record = await SpiceChannel.open(second, CHANNELS.record, session);
    const heard = { isWanted: false };
    await Promise.race([follow(main), listen(record, heard), say(record, heard, speech)]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

async function sessionOf(main: SpiceChannel): Promise<number> {
  const { type, begins } = await main.next();
  if (type !== MAIN_BEGINS) throw nonsense(`a message of type ${type}`);
  return uint32(begins, 0);
}

/** Answers what the main channel wants to be answered: without it the others end. */
async function follow(main: SpiceChannel): Promise<never> {
  for (;;) await main.next();
}

/** Follows whether the guest listens. */
async function listen(record: SpiceChannel, heard: { isWanted: boolean }): Promise<never> {
  for (;;) {
    const { type, begins } = await record.next();
    if (type === ENDS) heard.isWanted = false;
    if (type !== BEGINS) continue;
    if (uint32(begins, 0) !== CHANNEL_COUNT || uint32(begins, 6) !== RATE) throw nonsense('another form of sound');
    const form = Buffer.alloc(6);
    form.writeUInt16LE(AS_THEY_ARE, 4);
    record.send(SAYS.form, form);
    record.send(SAYS.from, Buffer.alloc(4));
    heard.isWanted = true;
  }
}

async function say(record: SpiceChannel, heard: { isWanted: boolean }, speech: AsyncIterable<Buffer>): Promise<void> {
  for await (const samples of speech)
    if (heard.isWanted && record.waitingBytes <= LATE_BYTES) record.send(SAYS.samples, forBothEars(samples));
}

/** Behind the four bytes of a time that nobody asks for. */
export function forBothEars(samples: Buffer): Buffer {
  const frames = samples.length >> 1;
  const both = Buffer.alloc(4 + frames * 4);
  for (let at = 0; at < frames; at += 1) {
    const sample = samples.readInt16LE(at * 2);
    both.writeInt16LE(sample, 4 + at * 4);
    both.writeInt16LE(sample, 6 + at * 4);
  }
  return both;
}
