import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { scratch } from '../../../test/fakes/made-project.ts';
import type { ComputerTable } from '../../firewall/computer/computer-table.ts';
import { AppError } from '../../lib/errors.ts';
import { HostPolicy } from '../../policy/host.ts';
import type { Enforcement } from '../../policy/quarantine.ts';
import { openLog } from '../../sys/log.ts';
import { HostAccess, type HostAccessParts } from './bound-computer.ts';

const RULES = HostPolicy.parse({ default: { mode: 'whitelist' } });
const OFFICE = HostPolicy.parse({ zones: [{ name: 'office', when: { gateways: ['192.0.2.1'] }, mode: 'whitelist' }] });

/** A kernel that has no rules, or some that a service left in it. */
function kernel(isBound = false) {
  const found = { isBound, binds: 0 };
  const table: ComputerTable = {
    async bind() {
      found.isBound = true;
      found.binds += 1;
    },
    isBound: async () => found.isBound,
    isAnyBound: async () => found.isBound,
    async free() {
      found.isBound = false;
    },
  };
  return { found, table };
}

function parts(
  folder: string,
  enforcement: Enforcement,
  policy: HostPolicy | undefined,
  told: string[],
): HostAccessParts {
  return {
    computer: {
      enforcement,
      resolvers: { addresses: [] },
      zoneFacts: async () => ({ gateways: [], dnsServers: [], addresses: [], dnsNames: [], beacons: [] }),
    },
    consent: async () => policy && { digest: 'ab'.repeat(32), policy },
    needed: async () => [],
    table: kernel().table,
    noteFile: join(folder, 'host-policy.json'),
    namesFile: join(folder, 'names.json'),
    now: async () => Date.parse('2026-01-10T00:00:00Z'),
    tell: async (kind) => void told.push(kind),
    log: openLog('test'),
  };
}

test('a service without root says that it does not enforce the rules, and does not pretend', async (t) => {
  const folder = scratch(t);
  const told: string[] = [];
  await using access = await HostAccess.begin(parts(folder, 'guest-only', RULES, told));

  assert.deepEqual(access.report(), { state: 'not-enforced', digest: 'ab'.repeat(32) });
  assert.deepEqual([existsSync(join(folder, 'host-policy.json')), told], [false, []]);
});

test('where nothing was consented to there is nothing to report', async (t) => {
  const told: string[] = [];
  await using access = await HostAccess.begin(parts(scratch(t), 'host', undefined, told));
  assert.deepEqual([access.report(), told], [undefined, []]);
});

test('on a network that no zone fits it is said that none of the rules holds', async (t) => {
  await using access = await HostAccess.begin(parts(scratch(t), 'host', OFFICE, []));
  assert.equal(access.report()?.state, 'free');
});

test('a consent that cannot be read is a failure that is seen and told once, not a reason to let go', async (t) => {
  const told: string[] = [];
  const asked = { times: 0 };
  const consent = () => {
    asked.times += 1;
    return Promise.reject(new AppError('FILE_INVALID', 'host-policy.json is damaged'));
  };
  await using access = await HostAccess.begin({ ...parts(scratch(t), 'host', undefined, told), consent, lookMs: 5 });
  while (asked.times < 4) await sleep(5);

  assert.deepEqual([access.report()?.state, access.report()?.failure?.code], ['failed', 'FILE_INVALID']);
  assert.deepEqual(told, ['failed']);
});

test('a consent that comes while another is being read is not missed', async (t) => {
  const told: string[] = [];
  const first = Promise.withResolvers<void>();
  let times = 0;
  const consent = async () => {
    times += 1;
    if (times !== 2) return { digest: `${times}`, policy: RULES };
    await first.promise;
    return { digest: 'old', policy: RULES };
  };
  await using access = await HostAccess.begin({ ...parts(scratch(t), 'guest-only', RULES, told), consent });
  const reading = access.lookAgain();
  while (times < 2) await sleep(1);
  const last = access.lookAgain();
  first.resolve();
  await Promise.all([reading, last]);

  assert.equal(access.report()?.digest, '3');
});

test('rules hold also where they cannot be noted, as on a full disk, and are told of once', async (t) => {
  const folder = scratch(t);
  const told: string[] = [];
  const { found, table } = kernel();
  const noteFile = join(folder, 'away', 'host-policy.json');
  const given = { ...parts(folder, 'host', RULES, told), table, noteFile, lookMs: 5 };
  await using access = await HostAccess.begin(given);

  assert.deepEqual([access.report()?.state, found.isBound, told], ['in-force', true, ['host-policy']]);
  await access.lookAgain();
  assert.deepEqual([access.report()?.state, found.binds, told.length], ['in-force', 1, 1]);

  mkdirSync(join(folder, 'away'));
  await access.lookAgain();
  assert.equal(JSON.parse(readFileSync(noteFile, 'utf8')).since, access.report()?.since, 'noted once there is room');
});

test('what a killed service left without a note is found in the kernel, and goes where no rules hold', async (t) => {
  for (const policy of [undefined, OFFICE]) {
    const { found, table } = kernel(true);
    await using _access = await HostAccess.begin({ ...parts(scratch(t), 'host', policy, []), table });
    assert.equal(found.isBound, false);
  }
});

test('where the kernel cannot be asked, there may be rules: they are taken away at the end', async (t) => {
  const { found, table } = kernel(true);
  const isAnyBound = () => Promise.reject(new AppError('HOST_FILTER_FAILED', 'nft does not answer'));
  const access = await HostAccess.begin({
    ...parts(scratch(t), 'host', undefined, []),
    table: { ...table, isAnyBound },
  });
  await access[Symbol.asyncDispose]();
  assert.equal(found.isBound, false);
});

test('what is in force is noted once it is', async (t) => {
  const folder = scratch(t);
  const { table } = kernel();
  const noteFile = join(folder, 'host-policy.json');
  const isNoted: boolean[] = [];
  const bind: ComputerTable['bind'] = (list) => {
    isNoted.push(existsSync(noteFile));
    return table.bind(list);
  };

  await using _access = await HostAccess.begin({ ...parts(folder, 'host', RULES, []), table: { ...table, bind } });

  assert.deepEqual([isNoted, existsSync(noteFile)], [[false], true]);
});
