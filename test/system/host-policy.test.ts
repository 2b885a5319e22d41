import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { MainJob } from '../../lab/main-job.ts';
import { SERVERS, type Server, whyNoNetwork } from '../../lab/network.ts';
import { Remote } from './net/calls.ts';

const CUT = {
  name: 'guarded',
  when: { subnets: ['192.0.2.0/24'] },
  mode: 'whitelist',
  entries: ['update.lab.test tcp 80'],
};

test('with its user’s consent the computer itself is bound in the zone it comes into, and machines are not', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  const { computer, network } = job;
  const before = network.hostState();
  const inHost = (program: string, ...args: string[]) => {
    const [first = '', ...rest] = network.command('host', program, args);
    return spawnSync(first, rest, { encoding: 'utf8' });
  };
  const ip = (words: string) => assert.equal(inHost('ip', ...words.split(' ')).status, 0, words);
  /** Which servers a program of an ordinary user on the computer itself reaches. */
  const reached = () =>
    (['update', 'intranet', 'web'] as const).filter((name: Server) => {
      const look = `exec 3<>/dev/tcp/${SERVERS[name]}/80`;
      return inHost('setpriv', '--reuid', '40123', '--clear-groups', 'timeout', '30', 'bash', '-c', look).status === 0;
    });
  const host = async () => JSON.parse((await computer.lazaret('status', '--json')).stdout).host;
  const until = async (state: string | undefined, zone?: string) => {
    for (;;) {
      const found = await host();
      if (found?.state === state && found?.zone === zone) return found;
      await sleep(100);
    }
  };
  const fingerprint = await job.makeProject();
  await job.setQuarantine();
  await job.serve();
  appendFileSync(join(computer.project, 'lazaret.yaml'), stringify({ host: { zones: [CUT] } }));
  const built = await job.build('one', 'full');

  await t.test('nothing of it is installed without consent; the plan shows all of it', async () => {
    const asked = await job.install(built, '--fingerprint', fingerprint, '--yes', '--json');
    const { error } = JSON.parse(asked.stdout.trim().split('\n').at(-1) ?? '');
    assert.deepEqual([asked.status, error.code, error.details.policy.zones[0].name], [77, 'HOST_CONFIRM', 'guarded']);
    const { stdout } = await computer.lazaret('plan', built.folder, '--fingerprint', fingerprint);
    assert.match(stdout, /In zone guarded this computer itself could reach nothing but\n\s+update\.lab\.test tcp 80/);
    assert.ok(stdout.includes(error.details.digest));
    assert.deepEqual(JSON.parse((await computer.lazaret('list', '--json')).stdout), []);
    const accepted = ['--fingerprint', fingerprint, '--accept-host-policy', error.details.digest];
    assert.equal((await job.install(built, ...accepted)).status, 0);
  });
  await job.startMachine();

  await t.test('where no zone fits the computer is free', async () => {
    assert.equal((await host()).state, 'free');
    assert.deepEqual(reached(), ['update', 'intranet', 'web']);
  });

  const program = new Remote(network.command('host', 'env', []), join(import.meta.dirname, 'net', 'peer.ts'));
  t.after(() => program.end());
  const open = await program.call('openFlow', SERVERS.intranet, 80);

  await t.test('in the zone it reaches what is listed by name, its machine and its service what they did', async () => {
    const version = await job.addVersion('1.0');
    await job.require('1.0');
    ip('link add office type veth peer name air');
    ip('link set air up');
    ip('address add 192.0.2.7/24 dev office');
    ip('link set office up');
    const { mode, entries, since } = await until('in-force', 'guarded');
    assert.deepEqual([mode, entries], ['whitelist', 1]);
    while (reached().join() !== 'update') await sleep(100);
    assert.equal(await program.call('useFlow', open, true), 'ECONNRESET', 'a connection from before is cut');
    assert.equal((await job.lookUp()).access, 'restricted', 'its policy server is still reached');
    assert.equal((await job.nqSet(version)).status, 0);
    assert.deepEqual(await job.reached(), ['update', 'intranet']);
    assert.ok(
      (await computer.lazaret('status')).stdout.includes(`in force since ${since}, in zone guarded, whitelist of 1`),
    );
  });

  await t.test('a flush of all rules lets nobody go for long, and is told', async (sub) => {
    const [first = '', ...rest] = network.command('host', 'nft', ['flush', 'ruleset']);
    execFileSync(first, rest);
    const flushed = performance.now();
    while (!network.hostState().includes('table inet lazaret_computer')) await sleep(10);
    sub.diagnostic(`back after ${Math.round(performance.now() - flushed)} ms`);
    assert.deepEqual(reached(), ['update']);
    while (!(await computer.lazaret('events', '--last', '20')).stdout.includes('removed the rules for this computer'))
      await sleep(100);
    assert.equal((await host()).state, 'in-force');
  });

  await t.test('a killed service leaves the rules, and the next one takes them over', async () => {
    const { since } = await host();
    await computer.stopService('SIGKILL');
    assert.deepEqual(reached(), ['update']);
    await computer.startService();
    assert.deepEqual(reached(), ['update']);
    assert.equal((await host()).since, since);
    assert.equal((await host()).state, 'in-force');
  });

  await t.test('rules that the packet filter does not take are seen, and tried again', async () => {
    await computer.stopService('SIGKILL');
    const programs = join(computer.folder, 'programs');
    execFileSync('mkdir', ['-p', programs]);
    writeFileSync(join(programs, 'nft'), '#!/bin/sh\necho "no" >&2; exit 1\n', { mode: 0o755 });
    await computer.startService({ PATH: `${programs}:${process.env['PATH']}` });
    const { failure } = await until('failed');
    assert.equal(failure.code, 'HOST_FILTER_FAILED');
    assert.ok((await job.eventKinds()).includes('failed'));
    assert.deepEqual(reached(), ['update'], 'what was in force stays');
    writeFileSync(join(programs, 'nft'), `#!/bin/sh\nPATH='${process.env['PATH']}:/usr/sbin'; exec nft "$@"\n`, {
      mode: 0o755,
    });
    await until('in-force', 'guarded');
  });

  await t.test('an orderly end lets the computer go, and a new beginning binds it', async () => {
    await computer.stopService();
    assert.deepEqual(reached(), ['update', 'intranet', 'web']);
    await computer.startService();
    assert.deepEqual(reached(), ['update'], 'before the service answers');
  });

  await t.test('out of the zone it is free', async () => {
    ip('link del office');
    await until('free');
    assert.deepEqual(reached(), ['update', 'intranet', 'web']);
  });

  await t.test('a package without rules takes them away', async () => {
    const file = join(computer.project, 'lazaret.yaml');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.slice(0, text.indexOf('host:')));
    assert.equal((await job.install(await job.build('two', 'policy'))).status, 0);
    assert.equal(await host(), undefined);
  });

  await t.test('after a stop and an uninstallation everything is as before', async () => {
    await job.stopMachine();
    await computer.stopService();
    assert.equal((await computer.uninstall('--yes')).status, 0);
    assert.equal(network.hostState(), before);
    assert.equal(existsSync(join(computer.folder, 'state')), false);
  });
});

test('with the last machine the rules go too; an uninstallation takes those away that a killed service left', {
  skip: whyNoNetwork(),
}, async () => {
  await using job = await MainJob.start();
  const { computer, network } = job;
  const before = network.hostState();
  const fingerprint = await job.makeProject();
  appendFileSync(join(computer.project, 'lazaret.yaml'), stringify({ host: { default: { mode: 'whitelist' } } }));
  const built = await job.build('one', 'full');
  const asked = await job.install(built, '--fingerprint', fingerprint, '--json');
  const { digest } = JSON.parse(asked.stdout.trim().split('\n').at(-1) ?? '').error.details;
  const accepted = ['--fingerprint', fingerprint, '--accept-host-policy', digest];
  assert.equal((await job.install(built, ...accepted)).status, 0);
  assert.match(network.hostState(), /table inet lazaret_computer/);

  assert.equal((await computer.lazaret('uninstall', 'office', '--yes')).status, 0);
  assert.equal(network.hostState(), before);
  assert.equal((await job.install(built)).status, 77, 'it is asked for again');
  assert.equal((await job.install(built, '--accept-host-policy', digest)).status, 0);
  await computer.stopService('SIGKILL');
  assert.match(network.hostState(), /table inet lazaret_computer/);

  assert.equal((await computer.uninstall('--yes')).status, 0);
  assert.equal(network.hostState(), before);
});
