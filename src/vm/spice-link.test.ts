import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { forBothEars } from './microphone.ts';
import { CHANNELS, SpiceChannel } from './spice-link.ts';

const KEY = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'der' });
const LET_IN = Buffer.alloc(4);

/** A server that says this, whatever it is told, in pieces of so many bytes; `said` is what it was told. */
function server(bytes: Buffer, piece = bytes.length) {
  const said: Buffer[] = [];
  const pieces = Array.from({ length: Math.ceil(bytes.length / piece) }, (_none, at) =>
    bytes.subarray(at * piece, (at + 1) * piece),
  );
  const socket = new Duplex({
    read: () => void socket.push(pieces.shift() ?? null),
    write: (chunk, _encoding, done) => {
      said.push(chunk);
      done();
    },
  });
  return { socket, said: () => Buffer.concat(said) };
}

function reply({ error = 0, key = KEY, magic = 'REDQ', bytes = 178 } = {}): Buffer {
  const head = Buffer.alloc(16);
  head.write(magic, 'latin1');
  head.writeUInt32LE(2, 4);
  head.writeUInt32LE(2, 8);
  head.writeUInt32LE(bytes, 12);
  const body = Buffer.alloc(178);
  body.writeUInt32LE(error, 0);
  key.copy(body, 4);
  return Buffer.concat([head, body]);
}

function message(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt16LE(type, 0);
  head.writeUInt32LE(body.length, 2);
  return Buffer.concat([head, body]);
}

const PING = message(4, Buffer.concat([Buffer.from('an id, a time'.slice(0, 12)), Buffer.alloc(20_000)]));
const WINDOW = message(3, Buffer.from([7, 0, 0, 0, 2, 0, 0, 0]));
const FIRST = message(103, Buffer.from('first'));

for (const piece of [1_000_000, 1000, 7])
  test(`a channel answers what it is asked, and gives the rest, in pieces of ${piece} bytes`, async () => {
    const { socket, said } = server(Buffer.concat([reply(), LET_IN, WINDOW, PING, FIRST]), piece);
    const channel = await SpiceChannel.open(socket, CHANNELS.main, 0);
    const greeting = said().length;
    assert.deepEqual(await channel.next(), { type: 103, begins: Buffer.from('first') });
    const acknowledges = message(1, Buffer.from([7, 0, 0, 0]));
    const pong = message(3, Buffer.from('an id, a time'.slice(0, 12)));
    const acknowledge = message(2, Buffer.alloc(0));
    assert.deepEqual(said().subarray(greeting), Buffer.concat([acknowledges, pong, acknowledge]));
  });

const NONSENSE: [title: string, bytes: Buffer][] = [
  ['another protocol', reply({ magic: 'HTTP' })],
  ['an answer without end', reply({ bytes: 2 ** 31 })],
  ['a short answer', reply({ bytes: 8 })],
  ['a refusal', reply({ error: 7 })],
  ['a key that is none', reply({ key: Buffer.alloc(162) })],
  ['a refused ticket', Buffer.concat([reply(), Buffer.from([7, 0, 0, 0])])],
  ['an end', reply().subarray(0, 100)],
];
for (const [title, bytes] of NONSENSE)
  test(`a server that speaks otherwise is left: ${title}`, async () => {
    await assert.rejects(SpiceChannel.open(server(bytes).socket, CHANNELS.main, 0), { code: 'VM_FAILED' });
  });

test('what one ear hears both do, behind a time; half a sample is none', () => {
  assert.deepEqual(forBothEars(Buffer.from([1, 2, 3, 4, 5])), Buffer.from([0, 0, 0, 0, 1, 2, 1, 2, 3, 4, 3, 4]));
});
