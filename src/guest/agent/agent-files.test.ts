import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentFiles } from './agent-files.ts';
import { AGENT, type AgentMessage, AgentReader, words } from './messages.ts';

const FILE = { name: 'a.txt', bytes: 5, content: of(Buffer.from('hello')) };
const yes = () => true;

/** An agent that answers each message of a file with a result, or not. */
function files(answers: (message: AgentMessage) => number | undefined, answerMs = 60_000) {
  const heard: AgentMessage[] = [];
  const reader = new AgentReader(() => 1 << 20);
  const sender = new AgentFiles({
    answerMs,
    write: async (bytes) => {
      for (const message of reader.read(bytes)) {
        heard.push(message);
        const result = answers(message);
        const id = message.data?.readUInt32LE(0) ?? 0;
        if (result !== undefined) setImmediate(() => sender.hear(words(id, result)));
      }
    },
  });
  return { sender, heard };
}

const [GO_ON, ARRIVED] = [0, 3];

test('a file is sent once the agent says so, and has arrived when it says so', async () => {
  const { sender, heard } = files(({ type }) => (type === AGENT.fileStart ? GO_ON : ARRIVED));
  assert.equal(await sender.send({ ...FILE, content: of(Buffer.from('hello')) }, yes), 'arrived');
  assert.equal(heard[1]?.data?.subarray(12).toString(), 'hello');
});

test('an empty file arrives too: it comes as one piece of nothing', async () => {
  const { sender, heard } = files(({ type }) => (type === AGENT.fileStart ? GO_ON : ARRIVED), 1000);
  assert.equal(await sender.send({ name: 'empty', bytes: 0, content: of() }, yes), 'arrived');
  assert.equal(heard[1]?.data?.length, 12);
});

/** What the agent says at first | how it ends. */
const ENDS = [
  [1, 'cancelled'],
  [2, 'failed'],
  [4, 'no room'],
  [5, 'locked'],
  [6, 'no desktop'],
  [7, 'disabled'],
  [undefined, 'silent'],
] as const;
for (const [said, result] of ENDS)
  test(`an agent that takes no file: ${result}, and none of it is sent`, async () => {
    const { sender, heard } = files(({ type }) => (type === AGENT.fileStart ? said : undefined), 30);
    assert.equal(await sender.send(FILE, yes), result);
    assert.ok(!heard.some(({ type }) => type === AGENT.fileData));
  });

test('what is forbidden while it is on its way goes no further, and the guest is told', async () => {
  const { sender, heard } = files(({ type }) => (type === AGENT.fileStart ? GO_ON : undefined));
  let left = 2;
  const content = of(Buffer.alloc(1 << 20));
  assert.equal(await sender.send({ ...FILE, bytes: 1 << 20, content }, () => left-- > 0), 'cancelled');
  assert.equal(heard.filter(({ type }) => type === AGENT.fileData).length, 2);
  assert.equal(heard.at(-1)?.type, AGENT.fileStatus);
});

test('a file that breaks off is cancelled in the guest, and the next one is sent', async () => {
  const { sender, heard } = files(({ type }) =>
    type === AGENT.fileStart ? GO_ON : type === AGENT.fileData ? ARRIVED : undefined,
  );
  const broken = { ...FILE, content: breaking() };
  await assert.rejects(sender.send(broken, yes), /gone/);
  assert.equal(heard.at(-1)?.type, AGENT.fileStatus);
  assert.equal(await sender.send({ ...FILE, content: of(Buffer.from('hello')) }, yes), 'arrived');
});

test('what is said of another file is not heard', async () => {
  const { sender } = files(({ type }) => (type === AGENT.fileStart ? GO_ON : undefined), 200);
  const sending = sender.send({ ...FILE, content: of(Buffer.from('hello')) }, yes);
  sender.hear(words(99, ARRIVED));
  assert.equal(await sending, 'silent');
});

async function* of(...pieces: Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces;
}

async function* breaking(): AsyncGenerator<Buffer> {
  yield Buffer.alloc(0);
  throw new Error('gone');
}
