// A server for names that a test tells what to say, also what no honest server would.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv4, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytes6 } from './packets6.ts';

const TYPES = { a: 1, cname: 5, aaaa: 28 } as const;
const NO_SUCH_NAME = 3;
const MAX_DATAGRAM = 512;

/** Whose record it is, and an address or, as a CNAME, a name. */
type Told = readonly [owner: string, value: string];

/** What is said of a name. */
export interface Saying {
  /** The addresses it stands for, and those told at a time: then the next answer has the next ones. */
  addresses?: readonly string[];
  atATime?: number;
  ttl?: number;
  /** More records in the section of answers, and in the additional one. */
  answers?: readonly Told[];
  additional?: readonly Told[];
  /** The question that the answer repeats, when it is not the one that was asked. */
  question?: string;
  /** Milliseconds before the answer; −1: it never comes. */
  stallsMs?: number;
  /** Over TCP half of the answer comes, over UDP the word that it is too long. */
  half?: boolean;
  /** An address told in forged answers before the true one: one with another id, one from another port. */
  forged?: string;
}

/** Serves names on port 53 of an address; gives what was asked and how, as it grows. */
export async function serveDns(address: string, sayings: Record<string, Saying>): Promise<string[]> {
  const asked: string[] = [];
  const turns = new Map<string, number>();
  const answerTo = async (query: Buffer, how: 'udp' | 'tcp') => {
    const name = nameIn(query);
    const saying = sayings[name];
    asked.push(`${name} ${how}`);
    if (saying?.stallsMs !== undefined) {
      if (saying.stallsMs < 0) return undefined;
      await sleep(saying.stallsMs);
    }
    const turn = turns.get(name) ?? 0;
    turns.set(name, turn + 1);
    return { saying, answer: answerOf(query, saying, turn) };
  };

  const kind = isIPv4(address) ? 'udp4' : 'udp6';
  const socket = createSocket(kind);
  const elsewhere = createSocket(kind);
  socket.on('message', async (query, { address: to, port }) => {
    const { saying, answer } = (await answerTo(query, 'udp')) ?? {};
    if (!answer) return;
    if (saying?.forged !== undefined) {
      const lie = answerOf(query, { addresses: [saying.forged] }, 0);
      elsewhere.send(lie, port, to);
      for (let id = 1; id < 64; id += 1) socket.send(withId(lie, query.readUInt16BE(0) ^ id), port, to);
    }
    const isLong = saying?.half || answer.length > MAX_DATAGRAM;
    socket.send(isLong ? truncated(query) : answer, port, to);
  });
  socket.bind(53, address);
  elsewhere.bind(0, address);
  const tcp = createServer((client) => {
    client.on('error', () => client.destroy());
    void talk(client, async (query) => (await answerTo(query, 'tcp')) ?? {});
  }).listen(53, address);
  await Promise.all([once(socket, 'listening'), once(tcp, 'listening')]);
  return asked;
}

type Answered = { saying?: Saying | undefined; answer?: Buffer };

/** Answers the questions of a connection, each behind its length; a half answer is all that comes. */
async function talk(client: Socket, answerTo: (query: Buffer) => Promise<Answered>): Promise<void> {
  let come = Buffer.alloc(0);
  client.on('data', async (data: Buffer) => {
    come = Buffer.concat([come, data]);
    while (come.length >= 2 && come.length >= 2 + come.readUInt16BE(0)) {
      const query = come.subarray(2, 2 + come.readUInt16BE(0));
      come = come.subarray(2 + query.length);
      const { saying, answer } = await answerTo(query);
      if (!answer) continue;
      const whole = Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 255]), answer]);
      client.write(saying?.half ? whole.subarray(0, whole.length / 2) : whole);
    }
  });
}

function answerOf(query: Buffer, saying: Saying | undefined, turn: number): Buffer {
  const [name, type] = [nameIn(query), typeIn(query)];
  const { addresses = [], atATime = addresses.length, ttl = 30, answers = [], additional = [] } = saying ?? {};
  const own = Array.from({ length: Math.min(atATime, addresses.length) }, (_, i) => {
    const address = addresses[(turn * atATime + i) % addresses.length] ?? '';
    return [name, address] as const;
  });
  const told = [answers, own].flatMap((records) => records.filter((record) => fits(record, type)));
  const beside = additional.filter((record) => fits(record, type));
  const question = questionOf(saying?.question ?? name, type);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(query.readUInt16BE(0), 0);
  head.writeUInt16BE(0x8180 | (saying ? 0 : NO_SUCH_NAME), 2);
  for (const [at, count] of [1, told.length, 0, beside.length].entries()) head.writeUInt16BE(count, 4 + at * 2);
  return Buffer.concat([head, question, ...[...told, ...beside].map((record) => recordOf(record, name, ttl))]);
}

function fits([, value]: Told, type: number): boolean {
  const own = typeOf(value);
  return own === TYPES.cname || own === type;
}

function typeOf(value: string): number {
  if (isIPv4(value)) return TYPES.a;
  return value.includes(':') ? TYPES.aaaa : TYPES.cname;
}

function recordOf([owner, value]: Told, asked: string, ttl: number): Buffer {
  const type = typeOf(value);
  const data =
    type === TYPES.a ? Buffer.from(value.split('.').map(Number)) : type === TYPES.aaaa ? bytes6(value) : labels(value);
  const head = Buffer.alloc(10);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt32BE(ttl, 4);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner === asked ? Buffer.from([0xc0, 12]) : labels(owner), head, data]);
}

function questionOf(name: string, type: number): Buffer {
  return Buffer.concat([labels(name), Buffer.from([0, type, 0, 1])]);
}

function labels(name: string): Buffer {
  return Buffer.concat([
    ...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.alloc(1),
  ]);
}

/** In small letters, whatever the letters of the question. */
function nameIn(query: Buffer): string {
  const found: string[] = [];
  for (let at = 12; (query[at] ?? 0) > 0; at += 1 + (query[at] ?? 0))
    found.push(query.toString('latin1', at + 1, at + 1 + (query[at] ?? 0)));
  return found.join('.').toLowerCase();
}

function typeIn(query: Buffer): number {
  return query.readUInt16BE(query.indexOf(0, 12) + 1);
}

function truncated(query: Buffer): Buffer {
  const answer = answerOf(query, {}, 0);
  answer.writeUInt16BE(0x8380, 2);
  return answer;
}

function withId(answer: Buffer, id: number): Buffer {
  const other = Buffer.from(answer);
  other.writeUInt16BE(id & 0xffff, 0);
  return other;
}
