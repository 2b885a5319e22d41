import assert from 'node:assert/strict';
import { globSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { Lab, whyNot } from './net/lab.ts';
import { until } from './net/until.ts';

const skip = whyNot();
const GATEWAY = '10.77.0.1';
const HELPERS = 2;

// dnsmasq forks for every question over TCP. The child has its parent’s command line, and holds its ports.
test('a network that is closed while its guest asks by TCP leaves no process that keeps its namespace', {
  skip,
}, async (t) => {
  const lab = await openAsking(t);
  const inode = statSync(namespaceFile(lab)).ino;
  assert.ok(processesIn(inode).length > HELPERS);

  await lab.service.call('close', lab.id);

  assert.deepEqual(processesIn(inode), []);
});

test('a service that is killed while the guest asks by TCP leaves a network that the next one removes whole', {
  skip,
}, async (t) => {
  const lab = await openAsking(t);
  const inode = statSync(namespaceFile(lab)).ino;

  await lab.service.end('SIGKILL');
  await lab.startService().call('remove', lab.id);

  assert.deepEqual(processesIn(inode), []);
});

test('the next service takes the helper over, not what it forked', { skip }, async (t) => {
  const lab = await openAsking(t);
  const { helpers } = await lab.service.call('state', lab.id);

  await lab.service.end('SIGKILL');
  await lab.startService().call('adopt', lab.choice());

  assert.deepEqual((await lab.service.call('state', lab.id)).helpers, helpers);
});

test('what a helper forked that has gone itself is not taken for the helper', { skip }, async (t) => {
  const lab = await openAsking(t);
  const { helpers } = await lab.service.call('state', lab.id);
  for (const { process: helper } of helpers) process.kill(helper.pid, 'SIGKILL');
  await until(() => dnsmasqIn(lab).length === 1);
  const [forked = 0] = dnsmasqIn(lab);

  await lab.service.call('startHelpers', lab.id);

  assert.equal(dnsmasqIn(lab).length, HELPERS);
  assert.ok(!dnsmasqIn(lab).includes(forked));
});

/** A machine’s network whose guest has asked by TCP and has not gone. */
async function openAsking(t: Parameters<typeof Lab.start>[0]): Promise<Lab> {
  const lab = Lab.start(t);
  const guest = await lab.open();
  await lab.service.call('switchTo', lab.id, 'normal');
  assert.equal(await guest.call('connect', GATEWAY, 53), 'open');
  await until(() => dnsmasqIn(lab).length === HELPERS + 1);
  return lab;
}

function namespaceFile(lab: Lab): string {
  return (lab.enter[1] ?? '').replace('--net=', '');
}

function dnsmasqIn(lab: Lab): number[] {
  const pids = processesIn(statSync(namespaceFile(lab)).ino).map((file) => Number(file.split('/')[2]));
  return pids.filter((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'dnsmasq\n');
}

/** The processes in a namespace, whether it has a name or not. */
function processesIn(inode: number): string[] {
  return globSync('/proc/[0-9]*/ns/net').filter((file) => {
    try {
      return readlinkSync(file) === `net:[${inode}]`;
    } catch {
      // It has gone since it was listed.
      return false;
    }
  });
}
