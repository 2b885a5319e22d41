import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockChecks } from './doctor-clock.ts';
import { diskCheck, lookAtDisk } from './doctor-disk.ts';
import { checkKernel } from './doctor-kernel.ts';
import { type KvmFacts, kvmCheck } from './doctor-kvm.ts';
import { type NetworkManagerFacts, networkManagerCheck } from './doctor-links.ts';
import { mendings } from './doctor-mend.ts';

const INTEL = 'processor\t: 0\nflags\t\t: fpu vmx sse2\n';
const AMD = 'flags\t\t: fpu svm\n';
const PLAIN = 'flags\t\t: fpu sse2\n';

const kvm: [title: string, facts: KvmFacts, note: RegExp | undefined, mend: string[]][] = [
  ['it is used', { mode: 0o660, processor: INTEL, accel: 'kvm' }, undefined, []],
  ['nobody has tried it yet', { mode: 0o660, processor: INTEL }, undefined, []],
  [
    'Intel, no module',
    { mode: undefined, processor: INTEL, accel: 'tcg' },
    /module.*modprobe kvm_intel/,
    ['modprobe kvm_intel'],
  ],
  ['AMD, no module', { mode: undefined, processor: AMD }, /module.*modprobe kvm_amd/, ['modprobe kvm_amd']],
  ['no support', { mode: undefined, processor: PLAIN, accel: 'tcg' }, /firmware/, []],
  [
    'a virtual computer',
    { mode: undefined, processor: PLAIN.replace('sse2', 'hypervisor') },
    /nested virtualization/,
    [],
  ],
  ['another kind of processor', { mode: undefined, processor: 'Features\t: fp asimd\n' }, /x86/, []],
  ['no permission', { mode: 0o600, processor: INTEL, accel: 'tcg' }, /chmod 660/, ['chmod 660 /dev/kvm']],
  ['it runs nothing', { mode: 0o660, processor: INTEL, accel: 'tcg' }, /ran nothing/, []],
];
for (const [title, facts, note, mend] of kvm)
  test(`KVM, told apart: ${title}`, () => {
    const check = kvmCheck(facts);

    assert.equal(check.ok, true, 'machines run without it');
    if (note) assert.match(check.note ?? '', note);
    else assert.equal(check.note, undefined);
    assert.deepEqual(
      mendings([check]).map((words) => words.join(' ')),
      mend,
    );
  });

const NOW = Date.parse('2026-11-29T12:00:00Z');
const HOUR_MS = 3_600_000;
const timedate = (ntp: string, is: string, can = 'yes') =>
  `Timezone=UTC\nCanNTP=${can}\nNTP=${ntp}\nNTPSynchronized=${is}\n`;

const clocks: [title: string, signedAt: number | undefined, said: string | undefined, found: string[], mend: number][] =
  [
    ['set and in front', NOW - HOUR_MS, timedate('yes', 'yes'), ['ok', 'ok'], 0],
    ['no project, no systemd', undefined, undefined, [], 0],
    ['behind by what clocks differ', NOW + 60_000, undefined, ['ok'], 0],
    ['behind what was signed', NOW + HOUR_MS, timedate('no', 'no'), ['NOT OK', 'note'], 1],
    ['behind, and another program keeps the time', NOW + HOUR_MS, timedate('no', 'yes', 'no'), ['NOT OK', 'ok'], 0],
    ['no time server has answered', undefined, timedate('yes', 'no'), ['note'], 0],
  ];
for (const [title, signedAt, said, found, mend] of clocks)
  test(`the clock: ${title}`, () => {
    const checks = clockChecks({ now: NOW, signedAt, said });

    assert.deepEqual(
      checks.map(({ ok, note }) => (ok ? (note === undefined ? 'ok' : 'note') : 'NOT OK')),
      found,
    );
    for (const { ok, remedy } of checks) assert.ok(ok || remedy.includes('2026-11-29T13:00:00.000Z'), remedy);
    assert.equal(mendings(checks).length, mend);
  });

test('a disk that is nearly full is told where machines lie, and one that is full is not ready', async () => {
  const found = [100 << 20, 1 << 30, 1e12].map((free) => diskCheck('/var/lib/lazaret', free));

  assert.deepEqual(
    found.map(({ ok, note }) => [ok, note !== undefined]),
    [
      [false, false],
      [true, true],
      [true, false],
    ],
  );
  assert.match(found[0]?.remedy ?? '', /^100.0 MiB are free under \/var\/lib\/lazaret: .*lazaret uninstall/);
  assert.deepEqual(await lookAtDisk('/nowhere/lazaret'), []);
  assert.equal((await lookAtDisk('/')).length, 1);
});

test('what the kernel lacks of machines’ networks is loaded, or comes with a restart where its modules are gone', async () => {
  const tried: string[] = [];
  const lacks = async (program: string, args: readonly string[]) => {
    tried.push([program, ...args].join(' '));
    return false;
  };
  const found = (await checkKernel(lacks, async () => false)).filter(({ ok }) => !ok);
  const gone = (await checkKernel(lacks, async () => true)).filter(({ ok }) => !ok);

  assert.match(tried.join('\n'), /^unshare --net ip link add .*\nnft -c -f -$/m);
  const done = mendings(found).map((words) => words.join(' '));
  for (const module of [/veth$/, /nft_chain_nat/])
    assert.ok(
      done.some((words) => module.test(words)),
      `${module}`,
    );
  assert.deepEqual(mendings(gone), []);
  for (const { remedy } of gone) assert.match(remedy, /restart this computer$/);
  const whole = await checkKernel(
    async () => true,
    async () => true,
  );
  assert.ok(whole.slice(1).every(({ ok }) => ok));
});

const NAMED = '[keyfile]\nunmanaged-devices=interface-name:docker0,interface-name:lz-*\n';
const OWN_RULE = 'ENV{ID_NET_DRIVER}=="veth", ENV{INTERFACE}!="eth[0-9]*", ENV{NM_UNMANAGED}="1"\n';
const WRITES = /unmanaged-devices\+=interface-name:lz-\*.*90-lazaret\.conf/;

const managers: [
  title: string,
  facts: Partial<NetworkManagerFacts>,
  found: 'ok' | 'note' | 'NOT OK',
  mend: RegExp[],
][] = [
  ['its own rule names them', { rules: OWN_RULE }, 'ok', []],
  ['its configuration names them', { config: NAMED }, 'ok', []],
  ['a rule that is switched off', { rules: `# ${OWN_RULE}` }, 'note', [WRITES, /^nmcli general reload conf$/]],
  ['another configuration', { config: NAMED.replace('lz-*', 'lz-other') }, 'note', [WRITES, /reload/]],
  [
    'it has taken one, whatever it was told',
    { rules: OWN_RULE, config: NAMED, devices: 'lo:unmanaged\nlz-1:connected (externally)\nlz-2:unmanaged\n' },
    'NOT OK',
    [WRITES, /reload/, /^nmcli device set lz-1 managed no$/],
  ],
];
for (const [title, facts, found, mend] of managers)
  test(`NetworkManager and machines’ links: ${title}`, () => {
    const check = networkManagerCheck({ devices: 'eth0:connected', config: '', rules: '', ...facts });

    assert.equal(check.ok ? (check.note === undefined ? 'ok' : 'note') : 'NOT OK', found);
    const done = mendings([check]).map((words) => words.join(' '));
    assert.equal(done.length, mend.length);
    for (const [at, wanted] of mend.entries()) assert.match(done[at] ?? '', wanted);
    for (const word of done) assert.ok(!word.includes("'"), 'it can be typed');
  });
