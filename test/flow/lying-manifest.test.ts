import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readInstances } from '../../src/install/state/instances.ts';
import { AppError } from '../../src/lib/errors.ts';
import { keyPath } from '../../src/project/layout.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { openKeyFile } from '../../src/trust/sign/keys.ts';
import { publish } from '../../src/trust/sign/repository.ts';
import { computer } from '../fakes/made-computer.ts';
import { madeProject, PASSPHRASE, scratch } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const OTHER = 'f'.repeat(64);
const HUGE = Number.MAX_SAFE_INTEGER;

// biome-ignore lint/suspicious/noExplicitAny: any value is what a liar may sign
type Anything = any;
type Lie = [title: string, change: (manifest: Anything) => void, code?: string];

const layer = (manifest: Anything, place = 0) => manifest.machines[0].layers[place];

/** All of them are signed by the project’s own key; only what they say is false. */
const LIES: Lie[] = [
  ...[HUGE, 2 ** 53, -65_536, 0, 1.5, 65_537, '65536', null].map(
    (bytes): Lie => [
      `a layer of ${bytes} bytes`,
      (m) => {
        layer(m).bytes = bytes;
      },
    ],
  ),
  [
    'a layer one cluster longer',
    (m) => {
      layer(m).bytes += 65_536;
    },
    'LAYER_INVALID',
  ],
  [
    'a layer one cluster shorter',
    (m) => {
      layer(m).bytes -= 65_536;
    },
    'LAYER_INVALID',
  ],
  [
    'a disk of 8 TiB',
    (m) => {
      layer(m).virtualBytes = 2 ** 43;
    },
    'LAYER_INVALID',
  ],
  [
    'a disk of 16 TiB',
    (m) => {
      layer(m).virtualBytes = 2 ** 44;
    },
    'TRUST_INVALID',
  ],
  [
    'a disk smaller than its layer',
    (m) => {
      layer(m).virtualBytes = 512;
    },
  ],
  [
    'rules for the computer that are pinned',
    (m) => {
      m.host = { default: { mode: 'whitelist', entries: ['a.example pinned'] } };
    },
    'TRUST_INVALID',
  ],
  [
    'rules for the computer with something else in them',
    (m) => {
      m.host = { default: { mode: 'whitelist', entries: [] }, restrictDNS: true };
    },
    'TRUST_INVALID',
  ],
  [
    'a blob one byte shorter',
    (m) => {
      layer(m).blob.bytes -= 1;
    },
    'FETCH_TOO_LARGE',
  ],
  [
    'a blob one byte longer',
    (m) => {
      layer(m).blob.bytes += 1;
    },
    'FETCH_FAILED',
  ],
  [
    'a blob of 8 PiB',
    (m) => {
      layer(m).blob.bytes = HUGE;
    },
    'DISK_FULL',
  ],
  [
    'the digest of another layer',
    (m) => {
      layer(m).sha256 = OTHER;
    },
    'LAYER_HASH',
  ],
  [
    'another piece list',
    (m) => {
      layer(m).pieces = OTHER;
    },
    'LAYER_HASH',
  ],
  [
    'a blob that is not there',
    (m) => {
      layer(m).blob.sha256 = OTHER;
    },
    'FETCH_MISSING',
  ],
  ...[
    '../../../etc/passwd',
    '/etc/passwd',
    `../${'a'.repeat(61)}`,
    'A'.repeat(64),
    'a'.repeat(65),
    'a\u0000b',
    '',
  ].flatMap((digest): Lie[] => [
    [
      `the digest ${JSON.stringify(digest)} of a layer`,
      (m) => {
        layer(m).sha256 = digest;
      },
      'TRUST_INVALID',
    ],
    [
      `the digest ${JSON.stringify(digest)} of a blob`,
      (m) => {
        layer(m).blob.sha256 = digest;
      },
      'TRUST_INVALID',
    ],
  ]),
  ['a base that is nowhere', (m) => void layer(m).below.push(OTHER), 'TRUST_INVALID'],
  ['a layer that stands on itself', (m) => void layer(m).below.push(layer(m).sha256), 'TRUST_INVALID'],
  ['layers in a circle', (m) => inCircle(m.machines[0]), 'TRUST_INVALID'],
  ['layers out of order', (m) => outOfOrder(m.machines[0]), 'TRUST_INVALID'],
  ['one layer twice', (m) => void m.machines[0].layers.push(layer(m)), 'TRUST_INVALID'],
  ['1001 layers', (m) => longChain(m.machines[0], 1001), 'TRUST_INVALID'],
  [
    '100,000 layers',
    (m) => {
      m.machines[0].layers = Array(100_000).fill(layer(m));
    },
    'TRUST_INVALID',
  ],
  [
    'no layers',
    (m) => {
      m.machines[0].layers = [];
    },
    'TRUST_INVALID',
  ],
  [
    'a release of another number',
    (m) => {
      m.machines[0].release = 2;
    },
    'TRUST_INVALID',
  ],
  ...[
    '../x',
    'a/b',
    '..',
    '.',
    'Office',
    'office ',
    'offıce',
    'оffice',
    'office\n',
    '-x',
    '',
    'a'.repeat(41),
    'con.txt',
  ].map(
    (name): Lie => [`a machine called ${JSON.stringify(name)}`, (m) => rename(m.machines[0], name), 'TRUST_INVALID'],
  ),
  ['one machine twice', (m) => void m.machines.push(m.machines[0]), 'TRUST_INVALID'],
  ['two machines of one name', (m) => void m.machines.push(copy(m.machines[0], { vmId: ID })), 'TRUST_INVALID'],
  ['two machines of one id', (m) => void m.machines.push(copy(m.machines[0], { vm: 'lab' })), 'TRUST_INVALID'],
  [
    '101 machines',
    (m) => {
      m.machines = Array(101).fill(m.machines[0]);
    },
    'TRUST_INVALID',
  ],
  ['the policy of a machine that is there already', (m) => void m.policies.push(m.machines[0].policy), 'TRUST_INVALID'],
  [
    'another machine’s policy',
    (m) => {
      m.machines[0].policy.vm = 'lab';
    },
    'TRUST_INVALID',
  ],
  [
    'another project’s policy',
    (m) => {
      m.machines[0].policy.project = OTHER;
    },
    'TRUST_INVALID',
  ],
  [
    'another project',
    (m) => {
      m.project.fingerprint = OTHER;
    },
    'TRUST_INVALID',
  ],
  [
    'another generation than its name',
    (m) => {
      m.generation = 7;
    },
    'TRUST_INVALID',
  ],
  [
    'another name than its own',
    (m) => {
      m.name = 'other';
    },
    'TRUST_INVALID',
  ],
  [
    'a generation above all numbers',
    (m) => {
      m.generation = 2 ** 53;
    },
    'TRUST_INVALID',
  ],
  [
    'a floor above itself',
    (m) => {
      m.minGeneration = 3;
    },
    'TRUST_INVALID',
  ],
  [
    'machines in a policy package',
    (m) => {
      m.kind = 'policy';
    },
    'TRUST_INVALID',
  ],
  [
    'a kernel without its machine wanting one',
    (m) => {
      m.machines[0].boot = { kernel: file(), append: '' };
    },
  ],
  [
    'direct boot without a kernel',
    (m) => {
      m.machines[0].firmware = 'direct';
    },
    'TRUST_INVALID',
  ],
  [
    'an end before its beginning',
    (m) => {
      m.expiresAt = '2001-01-01T00:00:00Z';
    },
    'TRUST_INVALID',
  ],
  [
    'memory of 2 PiB',
    (m) => {
      m.machines[0].memoryMiB = 2 ** 31;
    },
    'TRUST_INVALID',
  ],
  [
    'a data disk of 8 EiB',
    (m) => {
      m.machines[0].dataDiskMiB = 2 ** 43;
    },
    'TRUST_INVALID',
  ],
  ...['../x', 'a/b', '.hidden', '..', 'a\u0000', 'ａ'].map(
    (name): Lie => [
      `a resource called ${JSON.stringify(name)}`,
      (m) => {
        m.resources = [file(name)];
      },
      'TRUST_INVALID',
    ],
  ),
  [
    'two resources whose names differ in case',
    (m) => {
      m.resources = [file('a.txt'), file('A.txt')];
    },
    'TRUST_INVALID',
  ],
  [
    'two sizes of one file',
    (m) => {
      m.resources = [file('a'), { ...file('b'), bytes: 11 }];
    },
    'TRUST_INVALID',
  ],
  [
    '1,001 resources',
    (m) => {
      m.resources = Array.from({ length: 1001 }, (_, at) => file(`f${at}`));
    },
    'TRUST_INVALID',
  ],
  [
    'a resource that is not there',
    (m) => {
      m.resources = [file('a')];
    },
    'FETCH_MISSING',
  ],
  [
    'a key that nobody knows',
    (m) => {
      m.machines[0].run = 'rm -rf /';
    },
    'TRUST_INVALID',
  ],
  [
    'a prototype',
    (m) => void Object.defineProperty(m, '__proto__', { value: { x: 1 }, enumerable: true }),
    'TRUST_INVALID',
  ],
  [
    'notes with an escape sequence',
    (m) => {
      m.notes = '\u001b]0;x\u0007';
    },
    'TRUST_INVALID',
  ],
];

const ID = '6d1a1b9c-6a3e-4a57-9f3e-2d8f0f6c1a11';

function file(name?: string) {
  const entry = { bytes: 10, sha256: OTHER, blob: { bytes: 10, sha256: OTHER } };
  return name === undefined ? entry : { name, ...entry };
}

function rename(machine: Anything, name: string): void {
  machine.name = name;
  machine.policy.vm = name;
}

function copy(machine: Anything, { vm = machine.name, vmId = machine.id }): Anything {
  return { ...machine, name: vm, id: vmId, policy: { ...machine.policy, vm, vmId } };
}

function inCircle(machine: Anything): void {
  const [first] = machine.layers;
  const second = { ...first, sha256: OTHER, below: [first.sha256] };
  machine.layers = [{ ...first, below: [OTHER] }, second];
  machine.release = 2;
}

function outOfOrder(machine: Anything): void {
  const [first] = machine.layers;
  machine.layers = [{ ...first, sha256: OTHER, below: [first.sha256] }, first];
  machine.release = 2;
}

function longChain(machine: Anything, length: number): void {
  const digest = (place: number) => `${place}`.padStart(64, '0');
  const [first] = machine.layers;
  const below = (place: number) => Array.from({ length: place }, (_, at) => digest(at));
  machine.layers = Array.from({ length }, (_, at) => ({ ...first, sha256: digest(at), below: below(at) }));
  machine.release = length;
}

test('a manifest that lies, signed by the right key, is refused with a code; nothing is installed, nor written elsewhere', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  await project.build('one');
  const published = join(project.folder, 'published', 'packages');
  const [target = ''] = readdirSync(join(published, 'targets'));
  const truth = readFileSync(join(published, 'targets', target), 'utf8');
  const key = await openKeyFile(keyPath(project.folder, 'release'), PASSPHRASE);

  for (const [title, lie, wanted] of LIES) {
    await t.test(title, async (sub) => {
      const folder = join(scratch(sub), 'package');
      cpSync(published, folder, { recursive: true });
      const manifest = { ...JSON.parse(truth), name: 'two', generation: 2 };
      lie(manifest);
      const add = new Map([['2-two.json', Buffer.from(JSON.stringify(manifest))]]);
      await publish(folder, { add, key, now: Date.now(), validForMs: 86_400_000 });
      writeFileSync(join(folder, 'package.json'), '{"format":1,"manifest":"2-two.json"}');
      const around = scratch(sub);
      const { install, state } = computer(sub, Date.now(), join(around, 'lib', 'state'));
      const before = process.resourceUsage().maxRSS;

      const refused = await install(folder, { fingerprint: project.fingerprint }).catch((error: unknown) => error);

      assert.ok(refused instanceof AppError && refused.code !== 'INTERNAL', String(refused));
      if (wanted !== undefined) assert.equal(refused.code, wanted, refused.message);
      assert.deepEqual(await readInstances(state), []);
      for (const name of ['layers', 'files'])
        assert.deepEqual(existsSync(join(state, name)) ? readdirSync(join(state, name)) : [], []);
      const outside = readdirSync(around, { recursive: true, encoding: 'utf8' });
      assert.deepEqual(
        outside.filter((path) => path !== 'lib' && !path.startsWith(join('lib', 'state'))),
        [],
      );
      assert.ok(process.resourceUsage().maxRSS - before < 128 << 10, 'KiB of memory');
    });
  }
});
