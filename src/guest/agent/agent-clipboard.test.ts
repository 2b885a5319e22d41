import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentClipboard } from './agent-clipboard.ts';
import type { ClipboardRules } from './copied.ts';
import { AGENT, type AgentMessage, AgentReader, words } from './messages.ts';

const OPEN: ClipboardRules = { hostToGuest: true, guestToHost: true, mostBytes: 16 };
const TEXT = { type: 'text/plain' as const, bytes: Buffer.from('häß') };
const [SELECTION, UTF8, PNG] = [0, 1, 2];

const message = (type: number, data: Buffer): AgentMessage => ({ type, bytes: data.length, data });
const grab = (...types: number[]) => message(AGENT.grab, words(SELECTION, ...types));
const given = (type: number, bytes: Buffer) => message(AGENT.clipboard, Buffer.concat([words(SELECTION, type), bytes]));

/** What goes to the guest, as it reads it. */
function sent(bytes: Buffer | undefined): { type: number; data: string } | undefined {
  if (!bytes) return undefined;
  const [read] = new AgentReader(() => 1 << 20).read(bytes);
  return read && { type: read.type, data: read.data?.toString('hex') ?? '' };
}

test('what is offered goes to the guest when it asks, and is told of once', () => {
  const clipboard = new AgentClipboard(() => OPEN);
  assert.deepEqual(sent(clipboard.offer(TEXT)), { type: AGENT.grab, data: words(SELECTION, UTF8).toString('hex') });
  const answer = clipboard.hear(message(AGENT.request, words(SELECTION, UTF8)));
  const data = Buffer.concat([words(SELECTION, UTF8), TEXT.bytes]).toString('hex');
  assert.deepEqual(sent(answer.send), { type: AGENT.clipboard, data });
  assert.deepEqual(answer.happened, { what: 'given', content: TEXT });
  assert.equal(clipboard.hear(message(AGENT.request, words(SELECTION, UTF8))).happened, undefined);
});

test('what was copied in the guest is asked for, and comes', () => {
  const clipboard = new AgentClipboard(() => OPEN);
  assert.equal(clipboard.ask(), undefined, 'nothing was copied yet');
  assert.deepEqual(clipboard.hear(grab(PNG, UTF8)).happened, { what: 'copied', serial: 1 });
  assert.deepEqual(sent(clipboard.ask()), { type: AGENT.request, data: words(SELECTION, UTF8).toString('hex') });
  assert.equal(clipboard.mostBytes(AGENT.clipboard), OPEN.mostBytes + 8);
  assert.deepEqual(clipboard.hear(given(UTF8, TEXT.bytes)).happened, { what: 'taken', content: TEXT });
  assert.equal(clipboard.mostBytes(AGENT.clipboard), 0, 'nobody asks any more');
});

const NOTHING = Buffer.concat([words(SELECTION, 0)]).toString('hex');

test('a forbidden way carries nothing, whatever the guest sends', () => {
  const inOnly = new AgentClipboard(() => ({ ...OPEN, guestToHost: false }));
  assert.deepEqual(inOnly.hear(grab(UTF8)), { happened: { what: 'kept-inside' } });
  assert.equal(inOnly.ask(), undefined);
  assert.equal(inOnly.serial, 0);
  assert.equal(inOnly.mostBytes(AGENT.clipboard), 0);
  assert.deepEqual(inOnly.hear(given(UTF8, TEXT.bytes)), {});

  const outOnly = new AgentClipboard(() => ({ ...OPEN, hostToGuest: false }));
  outOnly.offer(TEXT);
  const { send, happened } = outOnly.hear(message(AGENT.request, words(SELECTION, UTF8)));
  assert.deepEqual(sent(send), { type: AGENT.clipboard, data: NOTHING });
  assert.equal(happened, undefined);
});

test('a policy that takes a way back holds for what is on it', () => {
  let rules = OPEN;
  const clipboard = new AgentClipboard(() => rules);
  clipboard.hear(grab(UTF8));
  clipboard.ask();
  rules = { ...OPEN, guestToHost: false };
  assert.equal(clipboard.mostBytes(AGENT.clipboard), 0);
  assert.deepEqual(clipboard.hear(given(UTF8, TEXT.bytes)), {});
  rules = OPEN;
  clipboard.offer({ type: 'text/plain', bytes: Buffer.alloc(16) });
  rules = { ...OPEN, mostBytes: 15 };
  assert.deepEqual(sent(clipboard.hear(message(AGENT.request, words(SELECTION, UTF8))).send)?.data, NOTHING);
});

/** What the guest gives | what is made of it. */
const GIVEN: [string, AgentMessage, unknown][] = [
  ['what nobody may have', { type: AGENT.clipboard, bytes: 100_000_008 }, { bytes: 100_000_000 }],
  ['nothing', given(0, Buffer.alloc(0)), 'nothing'],
  ['another type', given(PNG, TEXT.bytes), 'nothing'],
  ['another selection', message(AGENT.clipboard, words(1, UTF8)), 'nothing'],
  ['a message cut short', message(AGENT.clipboard, Buffer.from([0])), 'nothing'],
  ['bytes that are no text', given(UTF8, Buffer.from([0xff])), 'damaged'],
];
for (const [what, said, content] of GIVEN)
  test(`a guest that was asked for a text gives ${what}`, () => {
    const clipboard = new AgentClipboard(() => OPEN);
    clipboard.hear(grab(UTF8));
    clipboard.ask();
    assert.deepEqual(clipboard.hear(said).happened, { what: 'taken', content });
  });

test('a picture is one by its first bytes', () => {
  const clipboard = new AgentClipboard(() => OPEN);
  clipboard.hear(grab(PNG));
  clipboard.ask();
  assert.deepEqual(clipboard.hear(given(PNG, Buffer.from('<svg/>'))).happened, { what: 'taken', content: 'damaged' });
});

test('what cannot be taken is not copied; what was offered before is not the guest’s any more', () => {
  const clipboard = new AgentClipboard(() => OPEN);
  clipboard.offer(TEXT);
  assert.deepEqual(clipboard.hear(grab(6)), {});
  assert.deepEqual(sent(clipboard.hear(message(AGENT.request, words(SELECTION, UTF8))).send)?.data, NOTHING);
  clipboard.hear(grab(UTF8));
  clipboard.hear(message(AGENT.release, words(SELECTION)));
  assert.equal(clipboard.ask(), undefined);
  clipboard.hear(message(AGENT.grab, words(1, UTF8)));
  assert.equal(clipboard.ask(), undefined, 'the selection of the middle button stays in the guest');
});
