import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AppError, type ErrorCode } from '../../src/lib/errors.ts';
import { readForeign } from '../../src/project/foreign/read-foreign.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { bootableNoise } from '../fakes/disk-image.ts';
import { boxText, convert, domainText, ova, ovfText, vmxText } from '../fakes/foreign-machine.ts';
import { scratch } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const MIB = 1 << 20;

/** Something changed in a file that was whole, and what it is refused with. */
interface Change {
  what: string;
  change: (bytes: Buffer) => Buffer;
  codes: readonly ErrorCode[];
}

const DAMAGED: readonly ErrorCode[] = ['DISK_CUT', 'DISK_INVALID'];
const NO_TEXT: readonly ErrorCode[] = ['IMPORT_INVALID'];

/** A number of a header that is another, from its first bit to its last. */
function field(
  what: string,
  at: number,
  bytes: 4 | 8,
  order: 'LE' | 'BE',
  values: readonly bigint[],
  codes = DAMAGED,
): Change[] {
  return values.map((value) => ({
    what: `${what} ${value}`,
    change: (whole) => {
      const changed = Buffer.from(whole);
      if (bytes === 8) changed[`writeBigUInt64${order}`](value, at);
      else changed[`writeUInt32${order}`](Number(value), at);
      return changed;
    },
    codes,
  }));
}

const cut = (parts: number, codes: readonly ErrorCode[]): Change[] =>
  Array.from({ length: parts }, (_, index) => ({
    what: `cut after ${index} of ${parts} parts`,
    change: (whole: Buffer) => whole.subarray(0, Math.floor((whole.length * index) / parts)),
    codes,
  }));

const FAR = 2n ** 40n;
const CUT: readonly ErrorCode[] = ['DISK_CUT', 'DISK_INVALID', 'DISK_UNKNOWN'];

/** Where the first entry that leads to data stands in a table of a file. */
const entryAt = (bytes: Buffer, from: number, step: number, isUsed: (at: number) => boolean): number => {
  for (let at = from; at < bytes.length; at += step) if (isUsed(at)) return at;
  throw new Error('no entry');
};

const VMDK: Change[] = [
  ...cut(8, CUT),
  ...field('capacity', 12, 8, 'LE', [2n ** 60n, 2n ** 63n]),
  ...field('grain', 20, 8, 'LE', [0n, 2n ** 20n, 2n ** 63n]),
  ...field('description at', 28, 8, 'LE', [FAR, 2n ** 63n]),
  ...field('description of', 36, 8, 'LE', [4096n, FAR]),
  ...field('entries of a table', 44, 4, 'LE', [0n, 5000n, 2n ** 32n - 1n]),
  ...field('directory at', 56, 8, 'LE', [FAR, 2n ** 55n]),
];

const QCOW2: Change[] = [
  ...cut(8, CUT),
  ...field('version', 4, 4, 'BE', [0n, 1n, 99n]),
  ...field('name below at', 8, 8, 'BE', [1n, 104n, FAR]),
  ...field('cluster bits', 20, 4, 'BE', [0n, 8n, 22n, 63n]),
  ...field('encryption', 32, 4, 'BE', [1n, 2n], ['DISK_ENCRYPTED']),
  ...field('entries of L1', 36, 4, 'BE', [2n ** 20n, 2n ** 32n - 1n]),
  ...field('L1 at', 40, 8, 'BE', [FAR, 2n ** 55n]),
  ...field('counts at', 48, 8, 'BE', [FAR, 2n ** 55n]),
  ...field('counts of', 56, 4, 'BE', [2n ** 31n]),
  ...field('features', 72, 8, 'BE', [4n], ['DISK_INVALID']),
  ...[FAR, 2n ** 50n].map((place) => ({
    what: `a table far away, ${place}`,
    change: (whole: Buffer) => {
      const changed = Buffer.from(whole);
      changed.writeBigUInt64BE(place | (1n << 63n), Number(whole.readBigUInt64BE(40)));
      return changed;
    },
    codes: DAMAGED,
  })),
  {
    what: 'a cluster far away',
    change: (whole) => {
      const changed = Buffer.from(whole);
      const l2 = Number(whole.readBigUInt64BE(Number(whole.readBigUInt64BE(40))) & 0x00ff_ffff_ffff_fe00n);
      changed.writeBigUInt64BE(FAR | (1n << 63n), l2);
      return changed;
    },
    codes: DAMAGED,
  },
];

const VHDX: Change[] = [
  ...cut(8, CUT),
  {
    what: 'no header',
    change: (whole) => Buffer.concat([whole.subarray(0, 65536), Buffer.alloc(131072), whole.subarray(196608)]),
    codes: DAMAGED,
  },
  {
    what: 'no table of regions',
    change: (whole) => Buffer.concat([whole.subarray(0, 196608), Buffer.alloc(131072), whole.subarray(327680)]),
    codes: DAMAGED,
  },
  ...[0, 1].flatMap((region) =>
    [FAR, 2n ** 60n].map((place) => ({
      what: `region ${region} at ${place}`,
      change: (whole: Buffer) => {
        const changed = Buffer.from(whole);
        for (const table of [196608, 262144]) changed.writeBigUInt64LE(place, table + 16 + 32 * region + 16);
        return changed;
      },
      codes: DAMAGED,
    })),
  ),
];

const VHD: Change[] = [
  ...[0, 1, 2, 3, 4].map((index) => cut(8, CUT)[index] as Change),
  ...field('kind', 60, 4, 'BE', [0n, 1n, 4n, 99n]),
  ...field('header at', 16, 8, 'BE', [FAR, 2n ** 60n, 0n]),
  ...field('length', 48, 8, 'BE', [2n ** 60n]),
  ...field('table at', 512 + 16, 8, 'BE', [FAR, 2n ** 60n]),
  ...field('blocks', 512 + 28, 4, 'BE', [0n, 2n ** 23n, 2n ** 32n - 1n]),
  ...field('block', 512 + 32, 4, 'BE', [0n, 1n, 2n ** 30n]),
  {
    what: 'a block far away',
    change: (whole) => {
      const changed = Buffer.from(whole);
      changed.writeUInt32BE(0x7fff_ffff, Number(whole.readBigUInt64BE(512 + 16)));
      return changed;
    },
    codes: DAMAGED,
  },
];

const VDI: Change[] = [
  ...cut(8, CUT),
  ...field('map at', 0x154, 4, 'LE', [2n ** 31n, 2n ** 32n - 1n]),
  ...field('data at', 0x158, 4, 'LE', [2n ** 31n, 2n ** 32n - 1n]),
  ...field('block', 0x178, 4, 'LE', [0n]),
  ...field('blocks', 0x180, 4, 'LE', [2n ** 31n, 2n ** 32n - 1n]),
  {
    what: 'a block far away',
    change: (whole) => {
      const changed = Buffer.from(whole);
      const map = whole.readUInt32LE(0x154);
      changed.writeUInt32LE(
        0x7fff_ffff,
        entryAt(whole, map, 4, (at) => whole.readUInt32LE(at) < 0xffff_fffe),
      );
      return changed;
    },
    codes: DAMAGED,
  },
];

/** A header of an archive that says something else, its sum made right again. */
function member(what: string, at: number, text: string, codes: readonly ErrorCode[] = NO_TEXT): Change {
  return {
    what,
    change: (whole) => {
      const changed = Buffer.from(whole);
      changed.write(text, at, 'latin1');
      changed.fill(' ', 148, 156);
      const sum = changed.subarray(0, 512).reduce((total, byte) => total + byte, 0);
      changed.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
      return changed;
    },
    codes,
  };
}

const OVA: Change[] = [
  ...cut(12, ['DISK_CUT', 'DISK_UNKNOWN', 'IMPORT_INVALID', 'FILE_MISSING']).slice(0, 11),
  ...['1', '2', '3', '4', '5', '6', 'S', 'K'].map((type) => member(`a member of the kind ${type}`, 156, type)),
  ...['/etc/passwd\0', '../office.ovf\0', 'a/b.ovf\0', '..\0', '\0', 'a\u0001\0'].map((name) =>
    member(`a member named ${JSON.stringify(name)}`, 0, name),
  ),
  ...['zzzzzzzzzzz', '-0000000001', '77777777777', '           '].map((size) =>
    member(`a member of ${JSON.stringify(size)} bytes`, 124, size, ['DISK_CUT', 'IMPORT_INVALID']),
  ),
  member('a first member that is no description', 0, 'office.txt\0'),
  { what: 'a damaged header', change: (whole) => Buffer.from(whole).fill(1, 100, 108), codes: NO_TEXT },
  {
    what: 'the same archive twice',
    change: (whole) => Buffer.concat([whole.subarray(0, 512 + 4096), whole]),
    codes: ['IMPORT_INVALID', 'DISK_CUT'],
  },
];

const texts = (parts: number): Change[] => cut(parts, [...NO_TEXT, 'DISK_UNKNOWN', 'DISK_CUT']);

const XML: Change[] = [
  ...texts(20),
  ...[
    ['a document type', /<(Envelope|domain|VirtualBox)/, '<!DOCTYPE x [<!ENTITY y "z">]><$1'],
    ['an entity', /</, '<?xml version="1.0"?><a>&y;</a><'],
    ['another encoding', /^/, '\u00ff\u00fe\u00ff'],
    ['no end', />\s*$/, ''],
    ['a text before', /^/, '<a/>'],
  ].map(([what, from, to]) => ({
    what: `${what}`,
    change: (whole: Buffer) => Buffer.from(whole.toString('latin1').replace(from as RegExp, `${to}`), 'latin1'),
    codes: [...NO_TEXT, 'DISK_CUT', 'DISK_UNKNOWN'] as ErrorCode[],
  })),
];

const VMX: Change[] = [
  ...Array.from({ length: 14 }, (_, index) => ({
    what: `line ${index} without its end`,
    change: (whole: Buffer) => {
      const lines = whole.toString().split('\n');
      lines[index + 1] = (lines[index + 1] ?? '').replace(/"$/, '');
      return Buffer.from(lines.join('\n'));
    },
    codes: NO_TEXT,
  })),
  ...['memsize', 'numvcpus', 'scsi0:0.fileName'].map((key) => ({
    what: `${key} twice`,
    change: (whole: Buffer) => Buffer.concat([whole, Buffer.from(`${key} = "1"\n`)]),
    codes: NO_TEXT,
  })),
  { what: 'nothing', change: () => Buffer.alloc(0), codes: NO_TEXT },
  { what: 'zeroes', change: () => Buffer.alloc(4096), codes: NO_TEXT },
];

/** Every importer, a file that is whole, and what is changed in it. */
const IMPORTERS: readonly [
  file: string,
  make: (folder: string, raw: string) => Promise<void>,
  changes: readonly Change[],
][] = [
  ['d.vmdk', (folder, raw) => convert(raw, join(folder, 'd.vmdk'), 'vmdk'), VMDK],
  ['d.qcow2', (folder, raw) => convert(raw, join(folder, 'd.qcow2'), 'qcow2'), QCOW2],
  ['d.vhdx', (folder, raw) => convert(raw, join(folder, 'd.vhdx'), 'vhdx'), VHDX],
  ['d.vhd', (folder, raw) => convert(raw, join(folder, 'd.vhd'), 'vpc'), VHD],
  ['d.vdi', (folder, raw) => convert(raw, join(folder, 'd.vdi'), 'vdi'), VDI],
  ['office.ova', async (folder, raw) => void (await ova(folder, raw)), OVA],
  ['m.vmx', async (folder) => writeFileSync(join(folder, 'm.vmx'), vmxText('disk.raw')), VMX],
  ['m.ovf', async (folder) => writeFileSync(join(folder, 'm.ovf'), ovfText({ disk: 'disk.raw', bytes: 1 })), XML],
  ['m.xml', async (folder) => writeFileSync(join(folder, 'm.xml'), domainText('disk.raw', { type: 'raw' })), XML],
  ['m.vbox', async (folder) => writeFileSync(join(folder, 'm.vbox'), boxText('disk.raw')), XML],
];

async function made(t: TestContext, make: (folder: string, raw: string) => Promise<void>) {
  const folder = join(scratch(t), 'machine');
  mkdirSync(folder);
  writeFileSync(join(folder, 'disk.raw'), bootableNoise(2 * MIB));
  await make(folder, join(folder, 'disk.raw'));
  return folder;
}

for (const [file, make, changes] of IMPORTERS) {
  test(`${file}: ${changes.length} ways to break it are refused by our own readers, with a code and a reason`, {
    skip,
  }, async (t) => {
    const folder = await made(t, make);
    const path = join(folder, file);
    const whole = readFileSync(path);
    await readForeign(path);
    const before = readdirSync(folder);

    for (const { what, change, codes } of changes) {
      writeFileSync(path, change(whole));
      const found = await readForeign(path).catch((error: unknown) => error);
      assert.ok(found instanceof AppError, `${what}: ${found instanceof Error ? found.stack : 'was taken'}`);
      assert.ok(codes.includes(found.code), `${what}: ${found.code} ${found.message}`);
      assert.ok(found.message.length > 20 && !/\p{Cc}/u.test(found.message), `${what}: ${found.message}`);
    }

    assert.deepEqual(readdirSync(folder), before);
  });
}

test('they are two hundred and more', () => {
  assert.ok(IMPORTERS.reduce((count, [, , changes]) => count + changes.length, 0) >= 200);
});
