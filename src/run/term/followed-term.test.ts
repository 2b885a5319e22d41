import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { AppError } from '../../lib/errors.ts';
import { Expiration } from '../../policy/expiration.ts';
import type { TermFacts } from '../../policy/parts/term.ts';
import { PolicyDocument } from '../../policy/schema.ts';
import { silentLog } from '../../sys/log.ts';
import type { RunMode } from '../machine/spec.ts';
import { GRACE_MS, HOLD_MS } from './ending.ts';
import { FollowedTerm } from './followed-term.ts';
import { KnownTerm } from './known-term.ts';
import type { RenewalAnswer } from './renewal.ts';

const DAY_MS = 86_400_000;
const NOON = new Date('2026-12-24T12:00').getTime();
const DATE = Expiration.parse({
  ...{ type: 'date', date: '2026-12-24', message: 'Ask Ann.', renewal: { file: 'more.sh' } },
  warning: { before: '12h', message: 'Soon over.' },
});

/** A machine whose time is at hand, and what was done with it. */
function world(t: TestContext, expiration = DATE, mode: RunMode = 'installed') {
  const did: string[] = [];
  const at = { now: NOON, running: 0, isUnreadable: false, expiration, isSavable: false };
  const facts: TermFacts = { startedAt: NOON };
  let answer: RenewalAnswer = { verdict: 'none' };
  const note = async (kind: string, text: string) => void did.push(`${kind}: ${text}`);
  const askedPath = join(scratch(t), 'asked');
  const source = {
    now: async () => {
      if (at.isUnreadable) throw new AppError('STATE_DAMAGED', 'damaged');
      return at.now;
    },
    facts: async () => facts,
    renew: async (given: NonNullable<TermFacts['renewal']>) => {
      facts.renewal = given;
    },
  };
  const document = () =>
    PolicyDocument.parse({
      ...{ format: 1, project: 'ab'.repeat(32), vm: 'office', vmId: '5f0b9ed8-2f6c-4c0e-9d3c-6a1f3f0f7a11', serial: 7 },
      policy: { format: 1, expiration: at.expiration },
    });
  const askRenewal = async ({ event }: { event: string }) => {
    did.push(`asked: ${event}`);
    return { answer, said: '' };
  };
  const known = new KnownTerm({ mode, source, askRenewal, note, askedPath });
  const machine = {
    policy: document,
    suspend: async () => {
      did.push('suspended');
      if (!at.isSavable) throw new AppError('DISK_FULL', 'no room');
    },
    pressPowerButton: async () => void did.push('pressed'),
    hold: async () => void did.push('held'),
    goOn: async () => void did.push('goes on'),
  };
  const follow = () => {
    const followed = new FollowedTerm({
      ...{ known, machine, note, log: silentLog, lookMs: 1 },
      clock: () => at.running,
    });
    t.after(() => followed[Symbol.asyncDispose]());
    return followed;
  };
  /** Waits until this was done, and gives all that was. */
  const until = async (what: RegExp) => {
    while (!did.some((each) => what.test(each))) await new Promise((done) => setTimeout(done, 1));
    return did.splice(0);
  };
  const answers = (given: RenewalAnswer) => {
    answer = given;
  };
  return { at, did, facts, known, document, follow, until, answers, askedPath };
}

test('D26: a running machine is warned, then suspended', async (t) => {
  const { at, follow, until } = world(t);
  at.isSavable = true;
  at.now = NOON + DAY_MS;
  follow();
  await until(/^message: .*save your work. It will be suspended/);
  at.running += GRACE_MS;
  const did = await until(/^suspended/);
  assert.match(did.join(), /its time is over: it is suspended/);
});

test('fact 31, D26: one that cannot be suspended has its power button pressed, and is held still: never powered off', async (t) => {
  const { at, follow, until } = world(t);
  at.now = new Date('2026-12-24T11:59').getTime();
  follow();
  await until(/asked: interval/);
  at.now = NOON;
  assert.match((await until(/^expiration/)).join(), /until 2026-12-24 23:59: Soon over/);

  at.now = new Date('2026-12-24T23:50').getTime();
  await until(/^message: .*save your work/);
  at.now = new Date('2026-12-25T00:00').getTime();
  assert.match((await until(/^expiration/)).join(), /its time is over: Ask Ann/);
  at.running += GRACE_MS;
  assert.match((await until(/^pressed/)).join(), /it could not be suspended: no room/);
  at.running += 2 * 60_000;
  await until(/^pressed/);
  at.running += HOLD_MS;
  assert.ok(!(await until(/^held/)).includes('pressed'));
});

test('fact 3: more time lets a held machine go on', async (t) => {
  const { at, follow, until } = world(t);
  at.now = NOON + DAY_MS;
  follow();
  await until(/^message/);
  at.running += GRACE_MS;
  await until(/^pressed/);
  at.running += HOLD_MS;
  await until(/^held/);

  at.expiration = { ...DATE, date: '2027-12-24' } as Expiration;

  const did = await until(/^goes on/);
  assert.match(did.join(), /may be used until 2027-12-24 23:59/);
});

test('D24: a plug-in is asked every 24 hours; a service that takes the machine over keeps to that', async (t) => {
  const { at, follow, until, askedPath, did } = world(t);
  writeFileSync(askedPath, `${NOON - DAY_MS + 60_000}\n`);
  const first = follow();
  await until(/^expiration/);
  assert.ok(!did.some((each) => each.startsWith('asked')));
  await first[Symbol.asyncDispose]();

  at.now = NOON + 60_000;
  const second = world(t);
  writeFileSync(second.askedPath, readFileSync(askedPath));
  second.at.now = NOON + 60_000;
  second.follow();

  await second.until(/asked: interval/);
});

test('fact 72: what a plug-in says at a start is kept, and holds', async (t) => {
  const { at, known, document, answers, facts } = world(t);
  at.now = NOON + 5 * DAY_MS;
  answers({ verdict: 'renewed', endsAt: NOON + 9 * DAY_MS });

  assert.equal((await known.look(document(), 'poweron')).state, 'valid');

  assert.deepEqual(facts.renewal, { of: 'date 2026-12-24', at: at.now, endsAt: NOON + 9 * DAY_MS });
  answers({ verdict: 'void', code: 'PLUGIN_FAILED', why: 'the plug-in ended with status 1' });
  assert.equal((await known.look(document(), 'reset')).state, 'valid', 'fact 73: a failure changes nothing');
  answers({ verdict: 'renewed', endsAt: NOON });
  assert.equal((await known.look(document(), 'reset')).state, 'expired');
});

test('a state that cannot be read refuses a start; a machine that runs goes by what was known', async (t) => {
  const { at, known, document, follow, until } = world(t);
  await known.look(document());
  at.isUnreadable = true;

  await assert.rejects(known.look(document(), 'poweron'), { code: 'STATE_DAMAGED' });
  follow();
  assert.match((await until(/^expiration/)).join(), /it may be used until 2026-12-24 23:59/);
});

test('fact 17: a machine that is powered on without policies knows no end', async (t) => {
  const { at, known, document } = world(t, DATE, 'free');
  at.now = NOON + 9 * DAY_MS;

  assert.deepEqual(await known.look(document(), 'poweron'), { state: 'valid' });
});

test('fact 18: in preview a date is over all the same, and no days are counted (D36)', async (t) => {
  const { at, known, document, facts } = world(t, DATE, 'preview');
  facts.startedAt = undefined;
  at.now = NOON + 9 * DAY_MS;
  assert.equal((await known.look(document(), 'poweron')).state, 'expired');

  at.expiration = Expiration.parse({ type: 'days', days: 1 });
  assert.deepEqual(await known.look(document(), 'poweron'), { state: 'valid' });
});
