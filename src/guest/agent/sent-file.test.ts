import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AGENT, AgentReader } from './messages.ts';
import { fileResult, isFileName, pieceOfFile, startOfFile } from './sent-file.ts';

const RIGHT = ['a', 'Bericht 2026.odt', '.hidden', 'naïve ✓.txt', 'x'.repeat(120)];
const WRONG = [
  '',
  '.',
  '..',
  '../etc',
  'a/b',
  'a\\b',
  'a\nsize=0',
  'a\0',
  'c:',
  'x'.repeat(121),
  ' a',
  'a ',
  'a=b',
  '[a]',
];

test('a name is one file’s, and says nothing else to the guest', () => {
  assert.deepEqual(
    RIGHT.filter((name) => !isFileName(name)),
    [],
  );
  assert.deepEqual(WRONG.filter(isFileName), []);
});

test('a file is begun with its name and length, and comes in pieces', () => {
  const reader = new AgentReader(() => 1 << 20);
  const [start] = reader.read(startOfFile(3, { name: 'a b', bytes: 5 }));
  assert.equal(start?.type, AGENT.fileStart);
  assert.equal(start?.data?.subarray(4).toString(), '[vdagent-file-xfer]\nname=a b\nsize=5\n\0');
  const content = Buffer.alloc(200_000, 7);
  const pieces = [...pieceOfFile(3, content)].flatMap((bytes) => [...reader.read(bytes)]);
  assert.equal(pieces.length, 4);
  const whole = Buffer.concat(pieces.map(({ data = Buffer.alloc(12) }) => data.subarray(12)));
  assert.ok(whole.equals(content));
  assert.deepEqual(
    pieces.map(({ data }) => data?.readUInt32LE(4)),
    [65536, 65536, 65536, 3392],
  );
});

test('what is not known of the agent’s answers is a failure', () => {
  assert.deepEqual(fileResult([3, 3]), { id: 3, result: 'arrived' });
  assert.deepEqual(fileResult([3, 99]), { id: 3, result: 'failed' });
  assert.deepEqual(fileResult([]), { id: -1, result: 'failed' });
});
