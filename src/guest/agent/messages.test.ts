import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AgentReader, agentMessage, readWords, words } from './messages.ts';

test('messages are read as they were written, however they are cut', () => {
  const message = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.uint8Array({ maxLength: 5000 }));
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), fc.integer({ min: 1, max: 3000 }), (messages, cut) => {
      const bytes = Buffer.concat(messages.map(([type, data]) => agentMessage(type, Buffer.from(data))));
      const reader = new AgentReader(() => 5000);
      const read = [];
      for (let at = 0; at < bytes.length; at += cut) read.push(...reader.read(bytes.subarray(at, at + cut)));
      assert.deepEqual(
        read.map(({ type, data }) => [type, data?.toString('hex')]),
        messages.map(([type, data]) => [type, Buffer.from(data).toString('hex')]),
      );
    }),
  );
});

test('of a message of 100 MiB nothing is kept, and what comes behind it is read', () => {
  const reader = new AgentReader(() => 1 << 20);
  const piece = Buffer.alloc(1 << 20);
  const bytes = 100 * piece.length;
  const [chunk, head] = [words(1, bytes + 20), words(1, 4, 0, 0, bytes)];
  const before = process.memoryUsage().arrayBuffers;
  const read = [...reader.read(Buffer.concat([chunk, head]))];
  for (let sent = 0; sent < bytes; sent += piece.length) read.push(...reader.read(piece));
  assert.deepEqual(read, [{ type: 4, bytes }]);
  assert.ok(process.memoryUsage().arrayBuffers - before < 8 << 20);
  assert.deepEqual([...reader.read(agentMessage(7, words(0, 1)))], [{ type: 7, bytes: 8, data: words(0, 1) }]);
});

test('a message without anything in it is one', () => {
  assert.deepEqual(
    [...new AgentReader(() => 0).read(agentMessage(9, Buffer.alloc(0)))],
    [{ type: 9, bytes: 0, data: Buffer.alloc(0) }],
  );
  assert.deepEqual(readWords(Buffer.from([1, 0, 0, 0, 9])), [1]);
});
