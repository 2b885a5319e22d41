import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AgentChannel, type ClipboardNote } from './agent-channel.ts';
import type { ClipboardRules } from './copied.ts';
import { AGENT, type AgentMessage, AgentReader, agentMessage, words } from './messages.ts';

const OPEN: ClipboardRules = { hostToGuest: true, guestToHost: true, mostBytes: 1 << 20 };
const TEXT = { type: 'text/plain' as const, bytes: Buffer.from('a word') };

/** An agent in a guest that says what it is told to; it is heard message by message. */
class FakeAgent {
  readonly heard: AgentMessage[] = [];
  readonly socket: Socket;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    const reader = new AgentReader(() => 64 << 20);
    socket.on('data', (bytes: Buffer) => {
      this.heard.push(...reader.read(bytes));
      this.#wake?.();
    });
    socket.on('error', () => undefined);
  }

  say(type: number, data: Buffer): void {
    this.socket.write(agentMessage(type, data));
  }

  async until(type: number): Promise<AgentMessage> {
    for (;;) {
      const index = this.heard.findIndex((message) => message.type === type);
      const [found] = index < 0 ? [] : this.heard.splice(index, 1);
      if (found) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

async function open(t: TestContext, rules: () => ClipboardRules = () => OPEN, mayFiles = true) {
  const folder = mkdtempSync(join(tmpdir(), 'lazaret-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'agent');
  const server = createServer();
  await once(server.listen(path), 'listening');
  const connected = once(server, 'connection') as Promise<[Socket]>;
  const notes: ClipboardNote[] = [];
  const failures: unknown[] = [];
  const channel = await AgentChannel.connect(path, {
    ...{ vm: 'office', rules, answerMs: 50, fileRules: () => ({ hostToGuest: mayFiles, mostBytes: 8 }) },
    onNote: (note) => notes.push(note),
    onFailure: (error) => failures.push(error),
  });
  const [socket] = await connected;
  t.after(async () => {
    await channel[Symbol.asyncDispose]();
    server.close();
  });
  return { channel, agent: new FakeAgent(socket), notes, failures };
}

async function met(agent: FakeAgent, channel: AgentChannel): Promise<void> {
  await agent.until(AGENT.announce);
  agent.say(AGENT.announce, words(1, 0));
  await agent.until(AGENT.announce);
  assert.ok(channel.isThere);
}

test('without an agent nothing is waited for: it is said that there is none', async (t) => {
  const { channel } = await open(t);
  assert.throws(() => channel.give(TEXT), { code: 'AGENT_MISSING' });
  await assert.rejects(channel.take(), { code: 'AGENT_MISSING' });
});

test('a text goes in when it is asked for, and another comes out', async (t) => {
  const { channel, agent, notes } = await open(t);
  await met(agent, channel);
  channel.give(TEXT);
  await agent.until(AGENT.grab);
  agent.say(AGENT.request, words(0, 1));
  const { data } = await agent.until(AGENT.clipboard);
  assert.equal(data?.subarray(8).toString(), 'a word');
  agent.say(AGENT.grab, words(0, 1));
  while (channel.serial === 0) await tick();
  const taking = channel.take();
  await agent.until(AGENT.request);
  agent.say(AGENT.clipboard, Buffer.concat([words(0, 1), Buffer.from('another')]));
  assert.equal((await taking).bytes.toString(), 'another');
  assert.deepEqual(notes, [
    { what: 'given', type: 'text/plain', bytes: 6 },
    { what: 'copied', serial: 1 },
    { what: 'taken', type: 'text/plain', bytes: 7 },
  ]);
});

test('an agent that grabs and gives nothing is not waited for without end', async (t) => {
  const { channel, agent } = await open(t);
  await met(agent, channel);
  agent.say(AGENT.grab, words(0, 1));
  while (channel.serial === 0) await tick();
  await assert.rejects(channel.take(), { code: 'AGENT_MISSING' });
});

test('what is forbidden is refused by name, before the guest hears of it', async (t) => {
  const { channel, agent } = await open(t, () => ({ ...OPEN, hostToGuest: false, guestToHost: false }));
  await met(agent, channel);
  assert.throws(() => channel.give(TEXT), { code: 'CLIPBOARD_FORBIDDEN' });
  agent.say(AGENT.grab, words(0, 1));
  agent.say(AGENT.clipboard, Buffer.concat([words(0, 1), Buffer.from('unasked')]));
  await assert.rejects(channel.take(), { code: 'CLIPBOARD_FORBIDDEN' });
  agent.say(AGENT.announce, words(1, 0));
  await agent.until(AGENT.announce);
  assert.deepEqual(agent.heard, []);
});

test('no file goes in where that is forbidden, none that is too large, and none under a name that is a path', async (t) => {
  const read: string[] = [];
  const file = (name: string, bytes: number) => ({ name, bytes, content: readOf(read) });
  const { channel, agent } = await open(t, undefined, false);
  await met(agent, channel);
  await assert.rejects(channel.sendFile(file('a', 1)), { code: 'FILES_FORBIDDEN' });
  const allowed = await open(t);
  await assert.rejects(allowed.channel.sendFile(file('a', 1)), { code: 'AGENT_MISSING' });
  await met(allowed.agent, allowed.channel);
  await assert.rejects(allowed.channel.sendFile(file('a', 9)), { code: 'FILES_TOO_LARGE' });
  await assert.rejects(allowed.channel.sendFile(file('a', Number.NaN)), { code: 'FILES_TOO_LARGE' });
  await assert.rejects(allowed.channel.sendFile(file('../a', 1)), { code: 'USAGE' });
  for (const each of [agent, allowed.agent]) {
    each.say(AGENT.announce, words(1, 0));
    await each.until(AGENT.announce);
    assert.deepEqual(each.heard, []);
  }
  assert.deepEqual(read, []);
});

test('too much is refused, and what is no text', async (t) => {
  const { channel, agent } = await open(t);
  await met(agent, channel);
  const large = { type: 'text/plain' as const, bytes: Buffer.alloc(OPEN.mostBytes + 1) };
  assert.throws(() => channel.give(large), { code: 'CLIPBOARD_TOO_LARGE' });
  assert.throws(() => channel.give({ type: 'text/plain', bytes: Buffer.from([0xff]) }), { code: 'CLIPBOARD_DAMAGED' });
  assert.throws(() => channel.give({ type: 'image/png', bytes: TEXT.bytes }), { code: 'CLIPBOARD_DAMAGED' });
  await assert.rejects(channel.take(), { code: 'CLIPBOARD_EMPTY' });
});

test('a guest that is reset has no agent until that says so anew', async (t) => {
  const { channel, agent } = await open(t);
  await met(agent, channel);
  channel.beginAgain();
  assert.throws(() => channel.give(TEXT), { code: 'AGENT_MISSING' });
  agent.say(AGENT.announce, words(1, 0));
  await agent.until(AGENT.announce);
  channel.give(TEXT);
});

async function* readOf(read: string[]): AsyncGenerator<Buffer> {
  read.push('read');
  yield Buffer.alloc(1);
}

function tick(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
