import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { scratch } from '../../test/fakes/made-project.ts';
import { GUEST_TOOLS } from './tool-files.ts';

const TOOL = GUEST_TOOLS.find(({ name }) => name === 'vmware-guestd')?.path ?? '';

/** The tool as a guest’s ordinary user would run it: in a user namespace that maps nobody, its rights are those of the modes. */
function asOrdinaryUser(t: TestContext, portMode: number, lockMode: number) {
  const folder = scratch(t);
  const [port, run] = [join(folder, 'port'), join(folder, 'run')];
  writeFileSync(port, '');
  mkdirSync(run);
  chmodSync(port, portMode);
  chmodSync(run, lockMode);
  const env = { ...process.env, LAZARET_PORT: port, LAZARET_LOCK: join(run, 'lock'), LAZARET_TIMEOUT: '1' };
  return spawnSync('unshare', ['-U', 'sh', TOOL, '--cmd', 'nq-set 0x7B4C2902'], { env, encoding: 'utf8' });
}

test('nq-set by a guest’s ordinary user says that it needs root, and waits for nobody', (t) => {
  const noPort = asOrdinaryUser(t, 0o000, 0o700);
  const noLock = asOrdinaryUser(t, 0o600, 0o500);

  assert.deepEqual([noPort.status, noLock.status], [1, 1]);
  assert.match(noPort.stderr, /you may not use .*port: run this as root/);
  assert.match(noLock.stderr, /you may not make .*lock: run this as root/);
});

/** The tool before a clock and a hardware clock of ours, in a machine that has run for some seconds; none of them goes on. */
function beforeClocks(t: TestContext) {
  const folder = scratch(t);
  const at = (name: string) => join(folder, name);
  const write = (name: string, seconds: number) => {
    // As one step, for the tool reads on.
    writeFileSync(at('new'), `${seconds}${name === 'ran' ? '.00' : ''}\n`);
    renameSync(at('new'), at(name));
  };
  write('rtc', 1000);
  write('clock', 1000);
  write('ran', 50);
  const date = `#!/bin/sh\ncase $1 in +%s) echo >>${at('asked')}; cat ${at('clock')};; -s) echo "\${2#@}" >${at('clock')};; esac\n`;
  writeFileSync(at('date'), date, { mode: 0o755 });
  writeFileSync(at('sleep'), `#!/bin/sh\necho >>${at('looks')}\nexec /bin/sleep 0.01\n`, { mode: 0o755 });
  for (const name of ['looks', 'asked']) writeFileSync(at(name), '');
  const env = {
    ...process.env,
    PATH: `${folder}:${process.env['PATH']}`,
    LAZARET_RTC: at('rtc'),
    LAZARET_RAN: at('ran'),
  };
  const tool = spawn('sh', [TOOL, '--clock'], { env, stdio: 'ignore' });
  t.after(() => tool.kill('SIGKILL'));
  /** Changes clocks, and gives the clock once the tool has looked at them. */
  const set = async (now: Partial<Record<'rtc' | 'clock' | 'ran', number>>): Promise<number> => {
    for (const [name, seconds] of Object.entries(now)) write(name, seconds);
    const looked = () => readFileSync(at('looks'), 'utf8').length;
    // A dozen each time that it measures.
    const after = looked() + 30;
    while (looked() < after) await pause(5);
    return Number(readFileSync(at('clock'), 'utf8'));
  };
  return { set, asked: () => readFileSync(at('asked'), 'utf8').length };
}

test('after a suspension, long or short, the clock is set forward by what the hardware clock gained', async (t) => {
  const { set } = beforeClocks(t);
  assert.equal(await set({}), 1000);
  assert.equal(await set({ rtc: 1002 }), 1002, 'one of two seconds too');
  assert.equal(await set({ rtc: 1010, ran: 58 }), 1002, 'while it runs nothing is gained');
  assert.equal(await set({ rtc: 4600 }), 4592, 'what it lagged before stays');
  assert.equal(await set({ rtc: 9000 }), 8992);
});

test('while a machine boots, and as long as it was not suspended, no program is started to ask the clock', async (t) => {
  const { set, asked } = beforeClocks(t);
  await set({});
  assert.equal(asked(), 0);
  await set({ rtc: 4600 });
  assert.equal(asked(), 11);
});

test('a clock that was set, by hand, by NTP or from the other one, is no suspension', async (t) => {
  const { set } = beforeClocks(t);
  assert.equal(await set({ clock: 4600 }), 4600, 'set forward');
  assert.equal(await set({ rtc: 4600 }), 4600, 'as the kernel does once NTP has set the clock');
  assert.equal(await set({ clock: 400 }), 400, 'set back');
});
