import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Mode } from '../../src/layer/modes.ts';
import type { Update } from './data.ts';
import type { Layers } from './layers.ts';
import type { Row } from './rows.ts';

/** As `bin/lazaret-manager` starts Node, with what it has compiled kept. */
const NODE = `NODE_COMPILE_CACHE=$PWD/compiled ${process.execPath} --max-semi-space-size=2`;
const OURS = `${NODE} ${join(import.meta.dirname, 'ours.ts')}`;

/** Everything that makes an update, on the same two disks. */
export function updateRows(
  folder: string,
  { from, to, below, work }: Update,
  layers: Layers,
  modes: readonly Mode[] = ['small', 'fast'],
): Row[] {
  const [old, now] = [`${from}.raw`, `${to}.raw`];
  const bytes = (name: string) => () => statSync(join(folder, name)).size;
  const row = (name: string, rest: Omit<Row, 'name' | 'folder'>): Row => ({ name, folder, ...rest });
  const patched = { equal: [now, 'out.raw'] as const };
  const chain = below.map(layers.layer);
  const index = layers.index(below.at(-1) ?? '');

  return [
    ...modes.map((mode) => ours(folder, `Lazaret ${mode}`, { mode, layer: layers.layer(work), below: chain, index })),
    row('casync', {
      needs: ['casync'],
      prepare: `rm -rf a.castr; casync make --store=a.castr a.caibx ${old}`,
      create: `cp -a a.castr b.castr; casync make --store=b.castr b.caibx ${now}`,
      apply: `casync extract --store=b.castr --seed=${old} b.caibx out.raw`,
      makes: ['b.castr', 'b.caibx', 'out.raw'],
      bytes: () => treeBytes(folder, 'b.castr') - treeBytes(folder, 'a.castr') + bytes('b.caibx')(),
      ...patched,
    }),
    row('xdelta3 -1, zstd -3', {
      needs: ['xdelta3', 'zstd'],
      create: `xdelta3 -c -e -1 -S none -n -s ${old} ${now} | zstd -q -f -3 -T2 -o u.xd`,
      apply: `zstd -q -d -c u.xd | xdelta3 -c -d -s ${old} >out.raw`,
      makes: ['u.xd', 'out.raw'],
      bytes: bytes('u.xd'),
      ...patched,
    }),
    row('zstd -3 --patch-from', {
      needs: ['zstd'],
      // It refuses files over 2 GB: archives of the data alone.
      prepare: `tar -S -cf a.dat ${old}; tar -S -cf b.dat ${now}`,
      create: 'zstd -q -f -3 --long=31 --patch-from=a.dat b.dat -o u.pf',
      apply: 'zstd -q -d -f --long=31 --patch-from=a.dat u.pf -o out.dat',
      makes: ['u.pf', 'out.dat'],
      bytes: bytes('u.pf'),
      equal: ['b.dat', 'out.dat'],
    }),
    row('rdiff, zstd -3', {
      needs: ['rdiff', 'zstd'],
      prepare: `rdiff -f signature ${old} a.sig`,
      create: `rdiff delta a.sig ${now} - | zstd -q -f -3 -T2 -o u.rd`,
      apply: `zstd -q -d -c u.rd | rdiff patch ${old} - >out.raw`,
      makes: ['u.rd', 'out.raw'],
      bytes: bytes('u.rd'),
      ...patched,
    }),
    row('qemu-img convert -c zstd', {
      needs: ['qemu-img'],
      create: `qemu-img convert -c -m 16 -W -O qcow2 -o compression_type=zstd -B ${below.at(-1)}.qcow2 -F qcow2 ${work}.qcow2 u.qcow2`,
      makes: ['u.qcow2'],
      bytes: bytes('u.qcow2'),
    }),
    row('borg', {
      needs: ['borg'],
      prepare: `rm -rf a.borg; ${BORG} borg init -e none a.borg; ${BORG} borg create --compression zstd,3 a.borg::a ${old}`,
      create: `cp -a a.borg b.borg; ${BORG} borg create --compression zstd,3 b.borg::b ${now}`,
      makes: ['b.borg'],
      bytes: () => treeBytes(folder, 'b.borg') - treeBytes(folder, 'a.borg'),
    }),
    row('restic', {
      needs: ['restic'],
      prepare: `rm -rf a.restic; ${RESTIC} init --repository-version 2 -r a.restic; ${RESTIC} -r a.restic backup ${old}`,
      create: `cp -a a.restic b.restic; ${RESTIC} -r b.restic backup --force ${now}`,
      makes: ['b.restic'],
      bytes: () => treeBytes(folder, 'b.restic') - treeBytes(folder, 'a.restic'),
    }),
  ];
}

const BORG =
  'BORG_BASE_DIR=$PWD/a.base BORG_RELOCATED_REPO_ACCESS_IS_OK=yes BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes';
const RESTIC = 'RESTIC_PASSWORD=x restic -q --no-cache';

interface Described {
  mode: Mode;
  layer: string;
  below: readonly string[];
  index?: string;
}

/** Describing (the blob is proven before it is done) and rebuilding (synced and hashed). */
function ours(folder: string, name: string, { layer, below, ...rest }: Described): Row {
  const told = join(folder, 'told.json');
  const say = (value: unknown) => `'${JSON.stringify(value)}'`;
  return {
    name,
    folder,
    needs: ['qemu-img'],
    create: `${OURS} describe ${say({ layer, below, ...rest, told, out: join(folder, 'u.blob') })}`,
    apply: `${OURS} rebuild ${say({ blob: join(folder, 'u.blob'), below, told, out: join(folder, 'u.layer') })}`,
    makes: ['u.blob', 'u.layer', 'told.json'],
    bytes: () => statSync(join(folder, 'u.blob')).size,
    equal: [layer, 'u.layer'],
  };
}

/** Everything that packs a whole disk. */
export function fullRows(folder: string, disk: string): Row[] {
  const layer = join(folder, `layer-${disk}.qcow2`);
  const row = (name: string, create: string): Row => ({
    name,
    folder,
    needs: [name.split(' ')[0] ?? name],
    create,
    makes: ['full.out'],
    bytes: () => statSync(join(folder, 'full.out')).size,
  });
  return [
    ...(['small', 'fast'] as const).map((mode) => ours(folder, `Lazaret ${mode}`, { mode, layer, below: [] })),
    row('zstd -3 -T2', `zstd -q -f -3 -T2 ${disk}.raw -o full.out`),
    row('zstd -3 --long=27 -T2', `zstd -q -f -3 --long=27 -T2 ${disk}.raw -o full.out`),
    row(
      'qemu-img convert -c zstd',
      `qemu-img convert -c -m 16 -W -O qcow2 -o compression_type=zstd ${disk}.raw full.out`,
    ),
  ];
}

/** Checking a whole image against known hashes. */
export function verifyRows(folder: string, disk: string): Row[] {
  const path = join(folder, `${disk}.raw`);
  const row = (name: string, create: string): Row => ({ name, folder, needs: [], create, makes: [], bytes: () => 0 });
  return [
    row('Lazaret, by the piece', `${OURS} verify '${JSON.stringify({ path })}'`),
    row('sha256sum', `sha256sum ${path}`),
    row('openssl dgst -sha256', `openssl dgst -sha256 ${path}`),
  ];
}

function treeBytes(folder: string, name: string): number {
  return Number(execFileSync('du', ['-sb', name], { cwd: folder, encoding: 'utf8' }).split('\t')[0]);
}
