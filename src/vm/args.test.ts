import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { type QemuPlan, qemuArgs } from './args.ts';

const PLAN: QemuPlan = {
  name: 'office',
  uuid: '6d1a1b9c-6a3e-4a57-9f3e-2d8f0f6c1a11',
  accel: 'tcg',
  memoryMiB: 512,
  cpus: 2,
  mac: '52:54:00:aa:bb:01',
  sockets: {
    qmp: '/run/l/a/s/qmp',
    console: '/run/l/a/s/console',
    guest: '/run/l/a/s/guest',
    vnc: '/run/l/a/s/vnc',
    sound: '/run/l/a/s/sound',
    microphone: '/run/l/a/s/microphone',
    parallel: '/run/l/a/s/parallel',
    files: '/run/l/a/s/files',
    agent: '/run/l/a/s/agent',
    tpm: '/run/l/a/s/tpm',
  },
  disk: [
    { fd: 3, readOnly: true },
    { fd: 4, readOnly: true },
    { fd: 5, readOnly: false },
  ],
  firmware: { kind: 'bios' },
};

const ROWS: [name: string, plan: QemuPlan][] = [
  ['bios', PLAN],
  [
    'kvm-uefi',
    {
      ...PLAN,
      accel: 'kvm',
      firmware: { kind: 'uefi', code: { fd: 6, readOnly: true }, variables: { fd: 7, readOnly: false } },
    },
  ],
  [
    'locked',
    {
      ...PLAN,
      isLocked: true,
      data: [{ fd: 6, readOnly: false }],
      firmware: { kind: 'uefi', code: { fd: 7, readOnly: true }, variables: { fd: 8, readOnly: false } },
    },
  ],
  ['compatible', { ...PLAN, hardware: 'compatible', clock: 'localtime', data: [{ fd: 6, readOnly: false }] }],
  [
    'compatible-devices',
    {
      ...PLAN,
      hardware: 'compatible',
      drives: ['cd', 'dvd'],
      cards: [{ name: 'lan', network: 'isolated' }],
      ports: ['com', 'modem'],
      hasDevices: true,
    },
  ],
  [
    'cards',
    {
      ...PLAN,
      cards: [
        { name: 'lab', network: 'isolated' },
        { name: 'lan', network: 'nat' },
      ],
      hasDevices: true,
    },
  ],
  ['parallel', { ...PLAN, ports: ['com'], parallel: 'lpt', hasDevices: true }],
  ['sound', { ...PLAN, hasSound: true, hasDevices: true }],
  ['microphone', { ...PLAN, hasMicrophone: true, hasDevices: true }],
  [
    'devices',
    { ...PLAN, drives: ['cd', 'dvd'], cards: [{ name: 'lan', network: 'isolated' }], ports: ['com'], hasDevices: true },
  ],
  [
    'secure-boot',
    {
      ...PLAN,
      firmware: {
        kind: 'uefi',
        code: { fd: 6, readOnly: true },
        variables: { fd: 7, readOnly: false },
        isSecure: true,
      },
    },
  ],
  ['tpm', { ...PLAN, hasTpm: true }],
  ['tpm-compatible', { ...PLAN, hardware: 'compatible', hasTpm: true }],
  ['floor', { ...PLAN, accel: 'kvm', processor: 'x86-64-v2' }],
  ['disc', { ...PLAN, drives: ['cd'], disc: { fd: 6, readOnly: true } }],
  ['seed', { ...PLAN, seed: { fd: 6, readOnly: true } }],
  ['seed-compatible', { ...PLAN, hardware: 'compatible', drives: ['cd'], seed: { fd: 6, readOnly: true } }],
  ['data-disk', { ...PLAN, data: [{ fd: 6, readOnly: false }] }],
  [
    'direct',
    {
      ...PLAN,
      firmware: {
        kind: 'direct',
        kernel: { fd: 6, readOnly: true },
        initrd: { fd: 7, readOnly: true },
        append: 'quiet console=ttyS0',
      },
    },
  ],
];

for (const [name, plan] of ROWS) {
  test(`QEMU’s arguments for ${name} are those of the golden file`, () => {
    const golden = new URL(`../../test/vectors/qemu/${name}.txt`, import.meta.url);
    const text = `${qemuArgs(plan).join('\n')}\n`;
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, text);

    assert.equal(text, readFileSync(golden, 'utf8'));
  });
}

test('no image is opened by a name or in a format that QEMU could guess', () => {
  const nodes = qemuArgs(PLAN)
    .filter((argument) => argument.startsWith('{'))
    .map((argument) => JSON.parse(argument));

  assert.deepEqual(
    nodes.map(({ driver, backing, file }) => [driver, backing, file.filename]),
    [
      ['qcow2', null, '/dev/fdset/3'],
      ['qcow2', 'disk0', '/dev/fdset/4'],
      ['qcow2', 'disk1', '/dev/fdset/5'],
    ],
  );
  assert.deepEqual(
    nodes.map((node) => node['read-only'] ?? false),
    [true, true, false],
  );
});

test('one card alone is on a device of the computer, whatever cards a machine has', () => {
  const isolated = (name: string) => ({ name, network: 'isolated' }) as const;
  const args = qemuArgs({ ...PLAN, cards: [isolated('lan'), isolated('wan')], hasDevices: true });
  assert.deepEqual(netdevsOf(args), [
    'tap,id=net0,fd=TAP-FD,vhost=off',
    'hubport,id=net-lan,hubid=1',
    'hubport,id=net-wan,hubid=2',
  ]);
  const cards = args.filter((argument) => argument.startsWith('virtio-net-pci'));
  const addresses = cards.map((card) => /mac=([0-9a-f:]+)/.exec(card)?.[1]);
  assert.equal(new Set(addresses).size, 3);
});

test('a further card that reaches networks is on one hub with the first and the tap device, an isolated one on no such hub', () => {
  const cards = [
    { name: 'lab', network: 'isolated' },
    { name: 'lan', network: 'nat' },
  ] as const;
  assert.deepEqual(netdevsOf(qemuArgs({ ...PLAN, cards, hasDevices: true })), [
    'tap,id=net0,fd=TAP-FD,vhost=off',
    'hubport,id=hub0,hubid=0,netdev=net0',
    'hubport,id=first0,hubid=0',
    'hubport,id=net-lab,hubid=1',
    'hubport,id=net-lan,hubid=0',
  ]);
});

function netdevsOf(args: readonly string[]): string[] {
  return args.filter((_argument, at) => args[at - 1] === '-netdev');
}
