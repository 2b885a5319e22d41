import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { GuestChannel, type GuestHandler } from '../../src/guest/channel.ts';
import type { GuestRequest } from '../../src/guest/protocol.ts';
import { scratch } from '../fakes/made-project.ts';
import { Wine, type WineEnded, whyNoWine } from '../fakes/wine.ts';

const BUILT = join(import.meta.dirname, '..', '..', 'dist', 'guest-windows');
const BUILD = join(import.meta.dirname, '..', '..', 'setup', 'build-windows-tools.mjs');
const PORT = { LAZARET_PORT: '\\\\.\\COM9' };
const FAILS = { onFailure: (error: unknown) => assert.fail(String(error)) };

test('two builds of the guest tools for Windows are the same, byte for byte', (t) => {
  const folder = join(scratch(t), 'again');
  execFileSync(process.execPath, [BUILD, folder], { stdio: 'ignore' });

  for (const name of ['vmwareservice-32.exe', 'vmwareservice-64.exe', 'lazaret-tools-32.exe', 'lazaret-tools-64.exe'])
    assert.ok(readFileSync(join(folder, name)).equals(readFileSync(join(BUILT, name))), name);
});

/** The tools in a Windows, and what it asked the host, which answers as the handler says. */
async function asked(t: TestContext, wine: Wine, handler?: GuestHandler) {
  const requests: GuestRequest[] = [];
  const answer: GuestHandler = async (request, readAt) => {
    requests.push(request);
    return handler ? await handler(request, readAt) : { ok: true, reason: 'saved' };
  };
  let now = 0;
  // Nobody here asks too often: that is the channel’s own test.
  const channel = await GuestChannel.connect(await wine.port(t), answer, { ...FAILS, clock: () => (now += 2000) });
  t.after(() => channel[Symbol.asyncDispose]());
  return requests;
}

function without(ended: WineEnded): Pick<WineEnded, 'status' | 'stderr'> {
  return { status: ended.status, stderr: ended.stderr.trim() };
}

test('nq-set in Windows, on the channel that serves all guests', { skip: whyNoWine() }, async (t) => {
  const wine = new Wine(t);
  const tool = wine.at('vmwareservice.exe');
  const short = wine.at('nq-set.exe');
  for (const path of [tool, short]) copyFileSync(join(BUILT, 'vmwareservice-64.exe'), path);
  const run = async (...args: string[]) => without(await wine.run(args, PORT));

  await t.test('everything behind nq-set [-n] is the descriptor, blanks at its ends excepted', async (t) => {
    const requests = await asked(t, wine);
    const rows: [args: string[], dry: boolean, descriptor: string][] = [
      [[tool, '-cmd', 'nq-set 0x7B4C2902'], false, '0x7B4C2902'],
      [[tool, '--cmd', 'nq-set -n 0x7B4C2902'], true, '0x7B4C2902'],
      [[tool, '-cmd', 'nq-set   os=winxp-sp2,  ie=6.0  '], false, 'os=winxp-sp2,  ie=6.0'],
      [[tool, '-cmd', 'nq-set -n   -nothing'.replace('-nothing', 'a -n b')], true, 'a -n b'],
      [[tool, '-cmd', 'nq-set a "quoted\\" one'], false, 'a "quoted\\" one'],
      [[tool, '-cmd', 'nq-set *.exe'], false, '*.exe'],
      [[tool, '-cmd', `nq-set ${'x'.repeat(1024)}`], false, 'x'.repeat(1024)],
      [[short, '0x7B4C2902'], false, '0x7B4C2902'],
      [[short, '-n', 'a', 'b'], true, 'a b'],
      [[short, '*'], false, '*'],
    ];
    for (const [args, dry, descriptor] of rows) {
      assert.deepEqual(await run(...args), { status: 0, stderr: '' }, args.join(' '));
      const { id: _id, ...request } = requests.at(-1) ?? assert.fail();
      assert.deepEqual(request, { v: 1, cmd: 'nq-set', dry, descriptor });
    }
    assert.equal(requests.length, rows.length);
  });

  await t.test('what is no request is refused here, with its reason', async (t) => {
    const requests = await asked(t, wine);
    const rows: [args: string[], reason: RegExp][] = [
      [[tool], /usage: vmwareservice -cmd "nq-set/],
      [[tool, 'nq-set 0x1'], /usage: vmwareservice/],
      [[tool, '-cmd'], /give one command/],
      [[tool, '-cmd', 'nq-set', '0x1'], /give one command/],
      [[tool, '-cmd', 'nq-set'], /usage: nq-set \[-n\] DESCRIPTOR/],
      [[tool, '-cmd', 'nq-set -n'], /usage: nq-set/],
      [[tool, '-cmd', 'nq-set -x 0x1'], /there is no such option/],
      [[tool, '-cmd', 'nq-setx 0x1'], /the only command is nq-set/],
      [[tool, '-cmd', 'reboot'], /the only command is nq-set/],
      [[tool, '-cmd', `nq-set ${'x'.repeat(1025)}`], /at most 1024/],
      [[tool, '-cmd', 'nq-set ü'], /printable characters only/],
      [[tool, '-cmd', 'nq-set a\tb'], /printable characters only/],
      [[short], /usage: nq-set/],
    ];
    for (const [args, reason] of rows) {
      const { status, stderr } = await run(...args);
      assert.equal(status, 1, args.join(' '));
      assert.match(stderr, reason);
    }
    assert.equal(requests.length, 0);
  });

  await t.test('a refusal is exit status 1, with the host’s reason on standard error', async (t) => {
    await asked(t, wine, async () => ({ ok: false, reason: '“1.0” is not the next version' }));
    assert.deepEqual(await run(tool, '-cmd', 'nq-set 0x1'), {
      ...{ status: 1, stderr: "nq-set: '1.0' is not the next version" },
    });
  });

  await t.test('two callers take turns, and both are heard', async (t) => {
    let atWork = 0;
    const requests = await asked(t, wine, async () => {
      atWork += 1;
      assert.equal(atWork, 1);
      await sleep(300);
      atWork -= 1;
      return { ok: true, reason: '' };
    });
    const ended = await Promise.all(['a', 'b', 'c'].map((word) => run(short, word)));
    assert.deepEqual(ended, Array(3).fill({ status: 0, stderr: '' }));
    assert.equal(requests.length, 3);
  });

  await t.test('where there is no port it says so; where nobody answers, it ends in time', async (t) => {
    const none = await wine.run([tool, '-cmd', 'nq-set 0x1'], { LAZARET_PORT: '\\\\.\\COM8' });
    assert.equal(none.status, 1);
    assert.match(none.stderr, /no port to a host/);
    await wine.port(t);
    assert.deepEqual(await run(short, '0x1'), { status: 1, stderr: 'nq-set: the host did not answer in time' });
  });

  await t.test('answers to others, lines that are too long and half a line are passed over', async (t) => {
    const socket = await wine.port(t);
    const { connect } = await import('node:net');
    const host = connect(socket);
    t.after(() => host.destroy());
    host.once('data', (chunk) => {
      const { id } = JSON.parse(String(chunk));
      host.write(`half an old answer"}\n{"id":"other","ok":true,"reason":""}\n${'x'.repeat(5000)}\n{"id":"${id}",`);
      host.write(`"ok":false,"reason":"no"}\n`);
    });
    assert.deepEqual(await run(short, '0x1'), { status: 1, stderr: 'nq-set: no' });
  });

  await t.test(
    'the service says hello until it is healthy, and sets the clock forward by what a suspension took',
    async (t) => {
      const health = wine.at('health.cmd');
      writeFileSync(health, '@exit 1\r\n');
      let host = 1_800_000_000;
      const hellos: unknown[] = [];
      const requests = await asked(t, wine, async (request) => {
        if (request.cmd === 'hello') hellos.push({ healthy: request.healthy, port: request.port });
        return { ok: true, reason: `${host}` };
      });
      const set = join(wine.folder, 'clock');
      const service = wine.start([tool, '--run'], { ...PORT, LAZARET_PAUSE_MS: '50', LAZARET_CLOCK: set });
      t.after(() => service.kill('SIGKILL'));
      while (hellos.length < 2) await sleep(20);
      assert.deepEqual(hellos[1], { healthy: false, port: 'serial' });
      writeFileSync(health, '@exit 0\r\n');
      while (!hellos.some((hello) => (hello as { healthy: boolean }).healthy)) await sleep(20);
      const said = hellos.length;
      const clocks = () => requests.filter(({ cmd }) => cmd === 'clock').length;
      const until = async (count: number) => {
        while (clocks() < count) await sleep(20);
      };
      await until(clocks() + 3);
      assert.throws(() => readFileSync(set), 'a clock that only lags is left alone');
      host += 3600;
      await until(clocks() + 3);
      const gained = Number(readFileSync(set, 'utf8')) - Date.now() / 1000;
      assert.ok(gained > 3500 && gained <= 3610, `${gained}`);
      assert.equal(hellos.length, said, 'once it is known to be healthy, it says no more');
    },
  );
});

test('the installer puts the tools where the manual has them, starts their service, and leaves no trace once removed', {
  skip: whyNoWine(),
}, async (t) => {
  const wine = new Wine(t);
  const folder = wine.at('Program Files', 'VMware', 'VMware Tools');
  const key = 'HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\LazaretGuestTools';
  const service = 'HKLM\\System\\CurrentControlSet\\Services\\LazaretGuest';
  const isThere = async (what: string) => (await wine.run(['reg', 'query', what])).status === 0;
  const installer = join(BUILT, 'lazaret-tools-64.exe');
  const before = wine.files();

  await t.test('one that finds the tools of another maker changes nothing', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'vmwareservice.exe'), 'another');
    assert.equal((await wine.run([installer, '/S'])).status, 2);
    assert.equal(readFileSync(join(folder, 'vmwareservice.exe'), 'utf8'), 'another');
    assert.deepEqual([await isThere(key), await isThere(service)], [false, false]);
    rmSync(wine.at('Program Files', 'VMware'), { recursive: true });
  });

  await t.test('silently, and again over itself', async () => {
    for (const _time of [1, 2]) assert.equal((await wine.run([installer, '/S'])).status, 0);
    assert.deepEqual([await isThere(key), await isThere(service)], [true, true]);
    while (!(await wine.run(['sc', 'query', 'LazaretGuest'])).stdout.includes('RUNNING')) await sleep(50);
  });

  await t.test('the manual’s line and the short one report a version', async (t) => {
    const requests = await asked(t, wine);
    const tool = 'C:\\Program Files\\vmware\\vmware tools\\vmwareservice.exe';
    assert.deepEqual(without(await wine.run([tool, '-cmd', 'nq-set 0x1'], PORT)), { status: 0, stderr: '' });
    assert.deepEqual(without(await wine.run(['nq-set', '-n', '0x2'], PORT)), { status: 0, stderr: '' });
    assert.equal(requests.length, 2);
  });

  await t.test('removed, files and registry are as before', async () => {
    assert.equal((await wine.run([join(folder, 'uninstall-lazaret.exe'), '/S'])).status, 0);
    // It goes on from a copy of itself, and ends as the last.
    while ((await isThere(key)) || existsSync(folder)) await sleep(50);
    assert.equal(await isThere(service), false);
    assert.deepEqual(wine.files(), before);
  });
});
