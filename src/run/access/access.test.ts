import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { scratch } from '../../../test/fakes/made-project.ts';
import { threeVersions, V1, V2, V3 } from '../../../test/fakes/quarantine.ts';
import { AppError } from '../../lib/errors.ts';
import { CustomQuarantine, type Quarantine, type VersionQuarantine } from '../../policy/quarantine.ts';
import { type PluginAnswer, voided } from '../../quarantine/plugin.ts';
import type { Reported } from '../../quarantine/versions/origin.ts';
import type { HostFacts } from '../../quarantine/zones.ts';
import type { Watched } from '../../servers/kind.ts';
import type { CurrentPolicy } from '../../servers/policies.ts';
import { reportText } from '../../trust/report-signature.ts';
import { EventLog } from '../computer/events.ts';
import type { Asked } from '../plugins/asked-plugin.ts';
import { Access } from './access.ts';
import type { AccessParts } from './access-parts.ts';

const NOW = Date.UTC(2026, 0, 10);
const MACHINE = '6d1a1b9c-6a3e-4a57-9f3e-2d8f0f6c1a12';

interface Start {
  descriptor: string | undefined;
  quarantine?: VersionQuarantine | CustomQuarantine;
  /** What the policy server answers to whoever watches it, one after the other; then it is silent. */
  watched?: Watched[];
  events?: EventLog;
  /** How long a guest may wait for its answer. */
  answerMs?: number;
  /** Another service had the machine before, and heard this of the plug-in. */
  takenOver?: { said: Asked | undefined };
}

function reportedAt(descriptor: string | undefined): Reported | undefined {
  return descriptor === undefined ? undefined : { descriptor, origin: 'guest' };
}

/** A log of events on a disk that takes nothing. */
const fullLog = (t: TestContext) => new EventLog(join(scratch(t), 'away', 'events.jsonl'));

/** A machine whose filter, policy server and disk do as the test says, and note in which order they were asked. */
async function machine(t: TestContext, start: Start) {
  const asked: string[] = [];
  const world = {
    filterFails: false,
    /** What each step of the filter waits for. */
    filterAnswers: async (): Promise<void> => undefined,
    serverFails: false,
    serverAnswers: async (): Promise<void> => undefined,
    quarantine: (start.quarantine ?? threeVersions()) as Quarantine,
    /** What the plug-in says to a descriptor, and the words it was asked with. */
    plugin: async (_descriptor: string | undefined): Promise<PluginAnswer> => ({ verdict: 'no' }),
    said: '',
    questions: [] as string[],
    withinMs: undefined as number | undefined,
    kept: undefined as Asked | undefined,
    disk: start.descriptor,
    counter: 0,
    host: undefined as HostFacts | undefined,
    lookUps: 0,
    lookedUpAt: NOW,
  };
  const watched = [...(start.watched ?? ['unsupported' as const])];
  let mode: 'normal' | 'restricted' | 'refuse' = 'refuse';
  const policy = (): CurrentPolicy => ({
    lookedUpAt: world.lookedUpAt,
    document: {
      ...{ format: 1, project: 'a'.repeat(64), vm: 'office', vmId: '6d1a1b9c-6a3e-4a57-9f3e-2d8f0f6c1a11', serial: 1 },
      policy: { format: 1, quarantine: world.quarantine } as CurrentPolicy['document']['policy'],
    },
  });
  const parts = {
    spec: { name: 'office', mode: 'installed', uuid: MACHINE } as AccessParts['spec'],
    network: {
      state: () => ({ mode }) as ReturnType<AccessParts['network']['state']>,
      async switchTo(to) {
        await world.filterAnswers();
        if (world.filterFails && to !== 'refuse') throw new AppError('FILTER_FAILED', 'the filter does not answer');
        asked.push(`switch ${to}`);
        mode = to;
        return { mode, generation: 1, durationMs: 1 };
      },
      async changeLists() {
        asked.push('lists');
        return { mode, generation: 1, durationMs: 0 };
      },
    },
    policies: {
      current: async () => policy(),
      async lookUp() {
        world.lookUps += 1;
        await world.serverAnswers();
        if (world.serverFails) throw new AppError('STORE_UNREACHABLE', 'nobody answers');
        return policy();
      },
      async watch(signal) {
        const next = watched.shift();
        if (next === undefined) await once(signal, 'abort');
        return next ?? 'same';
      },
      now: async () => NOW,
    },
    descriptors: {
      read: async () => reportedAt(world.disk),
      async write(reported) {
        asked.push(`write ${reported?.descriptor}`);
        world.disk = reported?.descriptor;
      },
      counter: async () => world.counter,
      async keepCounter(counter) {
        world.counter = counter;
      },
    },
    events: start.events ?? new EventLog(join(scratch(t), 'events.jsonl')),
    enforcement: 'host',
    ...(start.answerMs === undefined ? {} : { answerMs: start.answerMs }),
    host: async () => world.host,
    async askPlugin({ event, descriptor, withinMs }) {
      world.withinMs = withinMs;
      world.questions.push(`${event} ${descriptor}`);
      return { answer: await world.plugin(descriptor), said: world.said };
    },
    async keepWord(word) {
      world.kept = word;
    },
  } satisfies AccessParts;
  const access = await Access.begin(parts, {
    policy: policy(),
    reported: reportedAt(start.descriptor),
    plugin: start.takenOver ?? 'poweron',
  });
  t.after(() => access[Symbol.asyncDispose]());
  asked.length = 0;
  const nqSet = (descriptor: string, dry = false) => access.answer({ v: 1, id: '1', cmd: 'nq-set', dry, descriptor });
  return { access, asked, world, nqSet, events: parts.events, mode: () => mode };
}

test('nq-set: on disk first, then enforced, then answered', async (t) => {
  const { asked, nqSet, mode } = await machine(t, { descriptor: V1 });

  const answer = await nqSet(V2);

  assert.equal(answer.ok, true);
  assert.deepEqual(asked, [`write ${V2}`, 'lists', 'switch normal']);
  assert.equal(mode(), 'normal');
});

test('nq-set -n changes nothing', async (t) => {
  const { asked, nqSet, world } = await machine(t, { descriptor: V1 });

  assert.equal((await nqSet(V2, true)).ok, true);
  assert.equal((await nqSet(V3, true)).ok, false);

  // The policy that is looked up for the second one is the same, and so are its lists.
  assert.deepEqual(asked, ['lists']);
  assert.equal(world.disk, V1);
});

test('when the filter does not follow, the old descriptor is back on disk, nothing passes, and status says so', async (t) => {
  const { access, nqSet, world, mode } = await machine(t, { descriptor: V1 });
  world.filterFails = true;

  await assert.rejects(nqSet(V2), { code: 'FILTER_FAILED' });

  assert.equal(world.disk, V1);
  assert.equal(mode(), 'refuse');
  assert.equal(access.report().access, 'refused');
  world.filterFails = false;
  await access.lookUp();
  assert.equal(access.report().access, 'restricted', 'it mends itself with the next judgement');
  assert.equal(mode(), 'restricted');
});

test('what else a policy takes back is taken away where the filter fails', async (t) => {
  const { access, world } = await machine(t, { descriptor: V2 });
  const judged: unknown[] = [];
  access.whenJudged(async (event) => void judged.push(event));
  world.quarantine = threeVersions({ threshold: 'third' });
  world.filterFails = true;

  await assert.rejects(access.lookUp('interval'), { code: 'FILTER_FAILED' });

  assert.deepEqual(judged, ['interval']);
});

test('where no event can be written, a report is taken as ever, and a threshold enforced', async (t) => {
  const { access, nqSet, world, mode } = await machine(t, { descriptor: V1, events: fullLog(t) });

  assert.equal((await nqSet(V2)).ok, true);
  assert.deepEqual([world.disk, mode()], [V2, 'normal']);
  world.quarantine = threeVersions({ threshold: 'third' });
  await access.lookUp('interval');

  assert.equal(mode(), 'restricted');
});

test('where no event can be written, and the filter does not follow, the old version holds and nothing passes', async (t) => {
  const { access, nqSet, world, mode } = await machine(t, { descriptor: V1, events: fullLog(t) });
  world.filterFails = true;

  await assert.rejects(nqSet(V2), { code: 'FILTER_FAILED' });

  assert.deepEqual([world.disk, mode(), access.report().access], [V1, 'refuse', 'refused']);
});

test('a zone’s lists are in force where that cannot be told', async (t) => {
  const zones = [{ name: 'office', when: { gateways: ['192.0.2.1'] }, normal: { entries: ['192.0.2.80'] } }];
  const quarantine = threeVersions({ zones });
  const { access, world } = await machine(t, { descriptor: V3, quarantine, events: fullLog(t) });

  world.host = { gateways: ['192.0.2.1'], dnsServers: [], addresses: [], dnsNames: [], beacons: [] };
  while (access.report().zone !== 'office') await sleep(20);
  world.host = undefined;
  while (access.report().zone !== undefined) await sleep(20);
});

test('a guest that reports the same in vain is told of once; its words are cut short', async (t) => {
  const { nqSet, events } = await machine(t, { descriptor: V1 });
  const long = 'x'.repeat(1020);

  for (let count = 0; count < 12; count += 1) assert.equal((await nqSet(long)).ok, false);

  const told = (await events.last(100)).filter(({ kind }) => kind === 'nq-set');
  assert.equal(told.length, 1);
  assert.ok(JSON.stringify(told).length < 700, JSON.stringify(told));
});

test('tighter access is enforced before other lists, wider access after them', async (t) => {
  const { access, asked, world } = await machine(t, { descriptor: V2 });

  world.quarantine = threeVersions({ threshold: 'third' });
  await access.lookUp();
  assert.deepEqual(asked, ['switch restricted', 'lists']);

  asked.length = 0;
  world.quarantine = threeVersions({ threshold: 'first' });
  await access.lookUp();
  assert.deepEqual(asked, ['lists', 'switch normal']);
});

test('an unknown version is looked up before it is refused', async (t) => {
  const { nqSet, world } = await machine(t, { descriptor: V3 });
  const newer = '0x00000009';
  assert.equal((await nqSet(newer)).ok, false);

  world.quarantine = threeVersions({ versions: [...threeVersions().versions, { name: 'fourth', descriptor: newer }] });

  assert.equal((await nqSet(newer)).ok, true);
});

test('a policy server that does not answer takes nothing away, and is told once', async (t) => {
  const { access, world } = await machine(t, { descriptor: V3 });
  world.serverFails = true;

  await access.lookUp();
  await access.lookUp();

  assert.equal(access.report().access, 'normal');
});

test('two nq-set at once are judged one after the other', async (t) => {
  const { nqSet, world } = await machine(t, { descriptor: V1 });

  const answers = await Promise.all([nqSet(V2), nqSet(V3)]);

  assert.deepEqual(
    answers.map(({ ok }) => ok),
    [true, true],
  );
  assert.equal(world.disk, V3);
});

test('news are looked up at once; a server that has none to show is left alone for a while', async (t) => {
  const watched: Watched[] = ['same', 'changed', ...Array<Watched>(1000).fill('changed')];
  const { access, world } = await machine(t, { descriptor: V3, watched });

  while (world.lookUps === 0) await sleep(1);
  await access.lookUp();
  await sleep(20);

  assert.equal(world.lookUps, 2, 'one of its own, and ours');
});

const CUSTOM = CustomQuarantine.parse({
  type: 'custom',
  normal: { entries: ['10.0.0.0/8'] },
  script: { file: 'check.sh' },
  messages: { restricted: 'please update' },
});

/** A plug-in that has normal access for this descriptor alone, and calls one invalid. */
const onlyNew = async (descriptor: string | undefined): Promise<PluginAnswer> =>
  descriptor === 'bad' ? { verdict: 'reject' } : { verdict: descriptor === 'new' ? 'yes' : 'no' };

test('a plug-in decides at power on, and once its nq-set has returned', async (t) => {
  const { access, asked, nqSet, world, mode } = await machine(t, { descriptor: 'old', quarantine: CUSTOM });
  world.plugin = onlyNew;
  assert.deepEqual(world.questions, ['poweron old']);
  assert.deepEqual([mode(), access.report().reason], ['restricted', 'the plug-in said no']);
  assert.equal(access.report().message, 'please update');

  const answer = await nqSet('new');

  assert.deepEqual(answer, { ok: true, reason: 'normal access, the plug-in said yes' });
  assert.deepEqual(asked, ['write new', 'lists', 'switch normal']);
  assert.deepEqual(world.questions.slice(1), ['update new'], 'it is asked once');
  assert.equal(world.disk, 'new');
});

test('a plug-in’s NO is a valid descriptor, its REJECT is none, and -n saves neither', async (t) => {
  const { nqSet, world, asked } = await machine(t, { descriptor: 'new', quarantine: CUSTOM });
  world.plugin = onlyNew;

  assert.deepEqual(await nqSet('bad'), { ok: false, reason: 'the plug-in does not accept this descriptor' });
  assert.deepEqual(await nqSet('new', true), { ok: true, reason: 'normal access, the plug-in said yes' });
  assert.deepEqual(asked, []);
  assert.deepEqual(world.questions.slice(1), ['update bad', 'dry new']);

  assert.equal((await nqSet('other')).ok, true);
  assert.equal(world.disk, 'other');
});

test('a void answer refuses nq-set and saves nothing; on any event it is restricted', async (t) => {
  const { access, nqSet, world, mode } = await machine(t, { descriptor: 'old', quarantine: CUSTOM });
  world.plugin = onlyNew;
  await nqSet('new');
  world.plugin = async () => voided('PLUGIN_LATE', 'the plug-in did not answer in 10 s');

  assert.deepEqual(await nqSet('newer'), { ok: false, reason: 'the plug-in did not answer in 10 s' });
  assert.deepEqual([world.disk, mode()], ['new', 'normal'], 'nothing has changed');

  for (const event of ['interval', 'reset', 'resume', 'revert'] as const) {
    world.plugin = onlyNew;
    await access.lookUp(event);
    assert.equal(mode(), 'normal');
    world.plugin = async () => voided('PLUGIN_LATE', 'the plug-in did not answer in 10 s');
    await access.lookUp(event);
    assert.deepEqual([mode(), access.report().reason], ['restricted', 'the plug-in did not answer in 10 s']);
  }
});

test('a policy with other lists is enforced with the answer that is known; one with another script asks anew', async (t) => {
  const { access, world } = await machine(t, { descriptor: 'old', quarantine: CUSTOM });
  world.quarantine = { ...CUSTOM, mode: 'blacklist' };
  await access.lookUp();
  assert.deepEqual(world.questions, ['poweron old']);

  world.quarantine = { ...CUSTOM, script: { ...CUSTOM.script, arguments: ['--strict'] } };
  await access.lookUp();

  assert.deepEqual(world.questions, ['poweron old', 'interval old']);
});

test('a machine that is taken over waits for no plug-in: what it is known to have said counts, until it has been asked anew', async (t) => {
  const first = await machine(t, { descriptor: 'old', quarantine: CUSTOM });
  first.world.plugin = onlyNew;
  await first.nqSet('new');
  const said = first.world.kept;

  const second = await machine(t, { descriptor: 'new', quarantine: CUSTOM, takenOver: { said } });
  assert.deepEqual([second.mode(), second.world.questions], ['normal', []]);
  await second.access.lookUp('interval');
  assert.deepEqual([second.mode(), second.world.questions], ['restricted', ['interval new']]);

  for (const [descriptor, quarantine, known] of [
    ['new', CUSTOM, undefined],
    ['newer', CUSTOM, said],
    ['new', { ...CUSTOM, script: { ...CUSTOM.script, file: 'other.sh' } }, said],
  ] as const) {
    const { access, mode, world } = await machine(t, { descriptor, quarantine, takenOver: { said: known } });
    assert.deepEqual([mode(), world.questions], ['restricted', []], 'a word about anything else is none');
    world.plugin = async () => ({ verdict: 'yes' });
    await access.lookUp('interval');
    assert.equal(mode(), 'normal');
  }
});

test('a machine that is restricted without its plug-in does not wait for it', async (t) => {
  const offline = { ...CUSTOM, onUnreachable: 'restricted' as const, maxOffline: '1s' };
  const { access, world, mode } = await machine(t, { descriptor: 'old', quarantine: CUSTOM });
  world.plugin = () => Promise.reject(new Error('asked'));
  world.lookedUpAt = NOW - 2000;
  world.quarantine = offline;

  await access.lookUp('interval');

  assert.deepEqual(
    [mode(), access.report().reason],
    ['restricted', 'the policy server has not been reached for too long'],
  );
});

test('an nq-set leaves its plug-in less time than the guest waits; nobody waits for the other questions', async (t) => {
  const { access, nqSet, world } = await machine(t, { descriptor: 'old', quarantine: CUSTOM });
  assert.equal(world.withinMs, undefined);

  await nqSet('new');

  assert.ok((world.withinMs ?? 0) > 0 && (world.withinMs ?? 15_000) < 15_000);
  await access.lookUp('reset');
  assert.equal(world.withinMs, undefined);
});

test('the plug-in is asked again at the interval, also where no policy is looked up', async (t) => {
  const { world } = await machine(t, { descriptor: 'old', quarantine: { ...CUSTOM, interval: '1s' } });
  // The interval’s timer alone would not keep the process.
  const patience = setTimeout(() => undefined, 60_000);

  while (world.questions.length < 3) await sleep(10);

  clearTimeout(patience);
  assert.deepEqual(world.questions.slice(0, 3), ['poweron old', 'interval old', 'interval old']);
});

test('a plug-in that says other words each time is told of seldom; that it gave no answer, at once', async (t) => {
  const { access, events, world } = await machine(t, { descriptor: 'old', quarantine: CUSTOM });
  for (let count = 0; count < 20; count += 1) {
    world.said = `at ${count}`;
    await access.lookUp('interval');
  }
  world.said = 'broken';
  world.plugin = async () => voided('PLUGIN_FAILED', 'the plug-in ended with status 1');
  await access.lookUp('interval');
  await access.lookUp('interval');

  const told = (await events.last(100)).filter(({ kind }) => kind === 'plugin').map(({ text }) => text);

  assert.deepEqual(told, ['at 0', 'the plug-in ended with status 1\nbroken']);
});

test('two nq-set at once wait for a slow plug-in one after the other', async (t) => {
  const { nqSet, world } = await machine(t, { descriptor: 'old', quarantine: CUSTOM });
  let atOnce = 0;
  world.plugin = async () => {
    atOnce += 1;
    await sleep(5);
    assert.equal(atOnce--, 1);
    return { verdict: 'yes' };
  };

  const answers = await Promise.all(['a', 'b', 'c'].map((descriptor) => nqSet(descriptor)));

  assert.deepEqual(
    answers.map(({ ok }) => ok),
    [true, true, true],
  );
  assert.equal(world.disk, 'c');
});

test('a machine that is let go of while its plug-in thinks keeps its access', async (t) => {
  const { access, nqSet, world, mode, disposed } = await letGoWhileAsking(t);

  assert.equal((await disposed).ok, undefined);
  assert.deepEqual([mode(), world.disk], ['normal', 'new']);
  await assert.rejects(nqSet('newer'), { code: 'INTERRUPTED' });
  assert.equal(access.report().access, 'normal');
});

/** Disposes of a machine with normal access while an nq-set waits for its plug-in, which hears the signal as the real one does. */
async function letGoWhileAsking(t: TestContext) {
  const made = await machine(t, { descriptor: 'old', quarantine: CUSTOM });
  made.world.plugin = onlyNew;
  await made.nqSet('new');
  const asking = Promise.withResolvers<PluginAnswer>();
  const begun = Promise.withResolvers<void>();
  made.world.plugin = () => {
    begun.resolve();
    return asking.promise;
  };
  const disposed = made.nqSet('newest').then(
    ({ ok }) => ({ ok }),
    () => ({ ok: undefined }),
  );
  await begun.promise;
  made.access.end();
  asking.reject(new AppError('INTERRUPTED', 'the plug-in was interrupted'));
  return { ...made, disposed };
}

test('a report that its update server signed counts once, under a policy that takes no guest’s word', async (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const signer = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex');
  const quarantine = threeVersions({ initial: 'first', versionFrom: 'signed', signers: [signer] });
  const { access, nqSet, world } = await machine(t, { descriptor: undefined, quarantine });
  const about = { project: 'a'.repeat(64), machine: MACHINE };
  const signed = (descriptor: string, counter: number) => {
    const text = Buffer.from(reportText({ ...about, descriptor, counter }));
    return `${descriptor};sig=${counter}.${sign(null, text, privateKey).toString('base64url')}`;
  };

  assert.match((await nqSet(V2)).reason, /does not accept a version that the guest alone reports/);
  assert.equal((await nqSet(signed(V2, 7), true)).ok, true, '-n uses no signature up');
  assert.equal((await nqSet(signed(V2, 7))).ok, true);
  assert.equal(access.report().origin, 'signed');
  assert.equal(access.report().access, 'normal');
  assert.match((await nqSet(signed(V2, 7))).reason, /used before/);
  assert.match((await nqSet(signed(V3, 8).replace(V3, V2))).reason, /the signature is wrong/);
  assert.equal(world.counter, 7);
  assert.equal((await nqSet(V2)).ok, true, 'the same version without a signature takes nothing away');
  assert.equal(access.report().origin, 'signed');

  world.quarantine = { ...quarantine, signers: ['00'.repeat(32)] };
  await access.lookUp();
  assert.equal(access.report().access, 'restricted', 'a key that the policy names no longer vouches for nothing');
  assert.equal(access.report().origin, 'guest');
});

test('a guest that resets itself without end while its plug-in is slow makes no queue', async (t) => {
  const { access, world, nqSet } = await machine(t, { descriptor: 'old', quarantine: CUSTOM });
  world.plugin = async () => {
    await sleep(1);
    return { verdict: 'yes' };
  };

  const resets = Array.from({ length: 1000 }, () => access.lookUp('reset'));
  const answer = await nqSet('new');
  await Promise.all(resets);

  assert.equal(answer.ok, true);
  assert.ok(world.questions.length < 10, world.questions.join());
});

test('a policy that comes between look-ups is judged again when its time of grace ends', async (t) => {
  const { access, world } = await machine(t, { descriptor: V1 });
  const thresholdAt = new Date(Date.now() - 900).toISOString();
  world.quarantine = threeVersions({ thresholdAt, grace: '1s' });

  await access.lookUp();

  const lookUps = world.lookUps;
  while (world.lookUps === lookUps) await sleep(5);
});

test('on another network the lists of its zone are in force, and it is told', async (t) => {
  const zones = [{ name: 'office', when: { gateways: ['192.0.2.1'] }, normal: { entries: ['192.0.2.80'] } }];
  const { access, asked, world, events } = await machine(t, { descriptor: V3, quarantine: threeVersions({ zones }) });
  assert.equal(access.report().zone, undefined);

  world.host = { gateways: ['192.0.2.1'], dnsServers: [], addresses: [], dnsNames: [], beacons: [] };
  while (access.report().zone !== 'office') await sleep(20);

  assert.ok(asked.includes('lists'));
  assert.deepEqual(
    access.verdict.lists.normal.entries.map(({ target }) => target.kind === 'subnet' && target.cidr),
    ['192.0.2.80/32'],
  );
  while (!(await events.last(10)).some(({ text }) => text === 'zone none → office')) await sleep(20);
  world.host = undefined;
  while (access.report().zone !== undefined) await sleep(20);
  assert.equal(access.verdict.lists.normal.entries.length, threeVersions().normal.entries.length);
});

test('a look-up that fails is in the report, since the first that did, until one succeeds', async (t) => {
  const { access, world } = await machine(t, { descriptor: V3 });
  const before = access.report().lookUpFailed;

  world.serverFails = true;
  await access.lookUp();
  await access.lookUp();
  const during = access.report().lookUpFailed;
  world.serverFails = false;
  await access.lookUp();

  assert.equal(before, undefined);
  const since = new Date(NOW).toISOString();
  assert.deepEqual(during, { code: 'STORE_UNREACHABLE', reason: 'nobody answers', since });
  assert.equal(access.report().lookUpFailed, undefined);
});

test('a policy server that is silent keeps neither nq-set nor what was just installed waiting', async (t) => {
  const { access, nqSet, world, mode } = await machine(t, { descriptor: V1 });
  const server = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  world.serverAnswers = () => {
    asked.resolve();
    return server.promise;
  };
  const lookUp = access.lookUp('interval');
  await asked.promise;

  assert.equal((await nqSet(V2)).ok, true);
  world.quarantine = threeVersions({ threshold: 'third' });
  await access.judgeInstalled();
  assert.equal(mode(), 'restricted', 'what was installed holds at once');

  server.resolve();
  await lookUp;
});

test('a report that was answered no, because the policy server was silent, is never taken', async (t) => {
  const { access, nqSet, world } = await machine(t, { descriptor: V3, answerMs: 100 });
  const server = Promise.withResolvers<void>();
  world.serverAnswers = () => server.promise;
  const newer = '0x00000009';

  const answer = await nqSet(newer);
  world.quarantine = threeVersions({ versions: [...threeVersions().versions, { name: 'fourth', descriptor: newer }] });
  server.resolve();
  await access.lookUp();

  assert.deepEqual(answer, { ok: false, reason: 'the host was busy for too long: try again' });
  assert.equal(world.disk, V3);
});

test('a plug-in that thinks keeps neither nq-set nor another zone waiting, and its late word is about what was', async (t) => {
  const zones = [{ name: 'office', when: { gateways: ['192.0.2.1'] }, normal: { entries: ['192.0.2.80'] } }];
  const quarantine = CustomQuarantine.parse({ ...CUSTOM, zones });
  const { access, nqSet, world, mode } = await machine(t, { descriptor: 'old', quarantine });
  const thinking = Promise.withResolvers<PluginAnswer>();
  const asked = Promise.withResolvers<void>();
  world.plugin = async (descriptor) => {
    if (descriptor === 'new') return { verdict: 'yes' };
    asked.resolve();
    return thinking.promise;
  };
  const lookUp = access.lookUp('interval');
  await asked.promise;

  assert.equal((await nqSet('new')).ok, true);
  assert.equal(mode(), 'normal');
  world.host = { gateways: ['192.0.2.1'], dnsServers: [], addresses: [], dnsNames: [], beacons: [] };
  while (access.report().zone !== 'office') await sleep(20);

  thinking.resolve({ verdict: 'reject' });
  await lookUp;
  assert.deepEqual([mode(), world.disk], ['normal', 'new']);
  assert.equal(world.kept?.answer.verdict, 'yes', 'the word that counts is the one that another service finds');
});

test('a report that is not taken leaves the word that counts to another service', async (t) => {
  const { nqSet, world, mode } = await machine(t, { descriptor: 'old', quarantine: CUSTOM });
  world.plugin = onlyNew;
  await nqSet('new');
  const said = world.kept;
  for (const answer of [{ verdict: 'reject' }, voided('PLUGIN_LATE', 'it was late')] as const) {
    world.plugin = async () => answer;
    assert.equal((await nqSet('newer')).ok, false);
    assert.deepEqual([mode(), world.kept], ['normal', said]);
  }
});

test('a report that a plug-in judged for another script than the one in force is not taken', async (t) => {
  const { access, nqSet, world } = await machine(t, { descriptor: 'old', quarantine: CUSTOM });
  const thinking = Promise.withResolvers<PluginAnswer>();
  const asked = Promise.withResolvers<void>();
  world.plugin = async (descriptor) => {
    if (descriptor === 'old') return { verdict: 'no' };
    asked.resolve();
    return thinking.promise;
  };
  const answer = nqSet('new');
  await asked.promise;
  world.quarantine = { ...CUSTOM, script: { ...CUSTOM.script, arguments: ['--strict'] } };
  await access.lookUp();
  thinking.resolve({ verdict: 'yes' });

  assert.deepEqual(await answer, { ok: false, reason: 'the policy has changed meanwhile: try again' });
  assert.equal(world.disk, 'old');
});

test('a report that comes while another script is asked about the former one is restricted until it is asked itself', async (t) => {
  const { access, nqSet, world, mode } = await machine(t, { descriptor: 'old', quarantine: CUSTOM });
  const thinking = Promise.withResolvers<PluginAnswer>();
  const asked = Promise.withResolvers<void>();
  world.quarantine = { ...CUSTOM, script: { ...CUSTOM.script, arguments: ['--strict'] } };
  world.plugin = async (descriptor) => {
    if (descriptor === 'new') return { verdict: 'yes' };
    asked.resolve();
    return thinking.promise;
  };
  // The timer alone would not keep the process.
  const patience = setTimeout(() => undefined, 60_000);
  const lookUp = access.lookUp();
  await asked.promise;
  assert.equal((await nqSet('new')).ok, true);

  thinking.resolve({ verdict: 'yes' });
  await lookUp;
  assert.deepEqual([mode(), access.report().reason], ['restricted', 'the plug-in was not asked']);

  while (mode() !== 'normal') await sleep(20);
  clearTimeout(patience);
  assert.equal(world.questions.at(-1), 'interval new');
});

test('a report that takes longer to enforce than its guest waits is answered no, and is not taken', async (t) => {
  const { access, nqSet, world, mode } = await machine(t, { descriptor: V1, answerMs: 50 });
  const filter = Promise.withResolvers<void>();
  world.filterAnswers = () => filter.promise;
  // The limit’s timer alone would not keep the process.
  const patience = setTimeout(() => undefined, 60_000);

  const answer = await nqSet(V2);
  const onDisk = world.disk;
  filter.resolve();
  await access.judgeInstalled();

  clearTimeout(patience);
  assert.deepEqual(answer, { ok: false, reason: 'the host was busy for too long: try again' });
  assert.equal(onDisk, V1, 'given up before the guest is told');
  assert.deepEqual([world.disk, mode(), access.report().descriptor], [V1, 'restricted', V1]);
});

test('a report that waited with the guest for too long before it was read through is not taken', async (t) => {
  const { access, world } = await machine(t, { descriptor: V1 });
  const longAgo = performance.now() - 20_000;

  const answer = await access.answer({ v: 1, id: '1', cmd: 'nq-set', dry: false, descriptor: V2 }, longAgo);

  assert.deepEqual([answer.ok, world.disk], [false, V1]);
});
