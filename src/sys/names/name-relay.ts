import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, isIPv6, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { pause } from '../pause.ts';

/** Where questions come in. */
export interface RelaySockets {
  udp: DatagramSocket;
  tcp: Server;
}

/** The bounds of a relay: nothing that whoever asks can do makes it grow beyond them. */
const MAX_QUESTIONS = 256;
const MAX_CONNECTIONS = 32;
const MAX_QUESTION_BYTES = 4096;
const ANSWER_MS = 10_000;
/** When the next resolver is asked beside one that has not answered yet. */
const PATIENCE_MS = 2500;
const IDLE_MS = 10_000;
const CONNECTION_MS = 60_000;

const DNS_PORT = 53;
const HEAD_BYTES = 12;
/** Answers that say nothing of the name: another resolver may know more. */
const NO_HELP: readonly number[] = [2, 4, 5];

/**
 * Leads questions for names on to the resolvers there are at the moment, as they came, and their answers back. They are asked
 * in their order, as the C library does, the next one when one is silent or has trouble. Nothing is learnt of that, or a name
 * that stalls would have other names asked elsewhere. What nobody answers stays unanswered.
 */
export function relayNames({ udp, tcp }: RelaySockets, resolversNow: () => Promise<readonly string[]>): void {
  let open = 0;
  udp.on('message', async (question, from) => {
    if (open >= MAX_QUESTIONS || question.length < HEAD_BYTES || question.length > MAX_QUESTION_BYTES) return;
    open += 1;
    const answer = await askInTurn(question, await resolversNow());
    open -= 1;
    if (answer) udp.send(answer, from.port, from.address, () => undefined);
  });
  udp.on('error', () => undefined);
  tcp.maxConnections = MAX_CONNECTIONS;
  tcp.on('connection', async (asker) => {
    asker.on('error', () => asker.destroy());
    const resolver = await connectInTurn(await resolversNow());
    if (resolver) leadThrough(asker, resolver);
    else asker.destroy();
  });
  tcp.on('error', () => undefined);
}

async function askInTurn(question: Buffer, resolvers: readonly string[]): Promise<Buffer | undefined> {
  const over = new AbortController();
  const late = setTimeout(() => over.abort(), ANSWER_MS);
  let best: Buffer | undefined;
  const asked: Promise<void>[] = [];
  for (const address of resolvers) {
    if (over.signal.aborted) break;
    const asking = askOnce(question, address, over.signal).then((answer) => {
      if (answer && (!best || helps(answer))) best = answer;
      if (answer && helps(answer)) over.abort();
    });
    asked.push(asking);
    await Promise.race([asking, pause(PATIENCE_MS, over.signal)]);
  }
  await Promise.all(asked);
  over.abort();
  clearTimeout(late);
  return best;
}

function helps(answer: Buffer): boolean {
  return !NO_HELP.includes(answer.readUInt8(3) & 15);
}

/** Connected, so that nobody else’s answer comes in, and a closed port is known at once. */
async function askOnce(question: Buffer, address: string, over: AbortSignal): Promise<Buffer | undefined> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  const answer = await new Promise<Buffer | undefined>((resolve) => {
    over.addEventListener('abort', () => resolve(undefined), { once: true });
    socket.on('error', () => resolve(undefined));
    socket.on('message', (come) => {
      if (come.length >= HEAD_BYTES && come.readUInt16BE(0) === question.readUInt16BE(0)) resolve(come);
    });
    socket.on('connect', () => {
      if (!over.aborted) socket.send(question);
    });
    socket.connect(DNS_PORT, address);
  });
  socket.close();
  return answer;
}

async function connectInTurn(resolvers: readonly string[]): Promise<Socket | undefined> {
  for (const address of resolvers) {
    const socket = connect({ port: DNS_PORT, host: address });
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(PATIENCE_MS) });
      return socket;
    } catch {
      socket.destroy();
    }
  }
  return undefined;
}

function leadThrough(asker: Socket, resolver: Socket): void {
  for (const socket of [asker, resolver]) socket.setTimeout(IDLE_MS, () => socket.destroy());
  const over = setTimeout(() => asker.destroy(), CONNECTION_MS);
  pipeline(asker, resolver, asker, () => clearTimeout(over));
}
