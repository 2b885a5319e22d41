import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hasProgram } from '../../src/sys/programs/exec.ts';

/** One tool at one job. Commands run in `folder` through a shell; what they make is removed before each round. */
export interface Row {
  name: string;
  folder: string;
  /** Programs without which the row is left out. */
  needs: readonly string[];
  /** Run once, unmeasured: what the tool keeps from the release before. */
  prepare?: string;
  create: string;
  /** Undefined where making it is the whole job. */
  apply?: string;
  /** Names of what create and apply make. */
  makes: readonly string[];
  /** Bytes that have to be sent. */
  bytes: () => number;
  /** Files that must be equal after apply. */
  equal?: readonly [string, string];
}

interface Cost {
  wall: number;
  cpu: number;
  peakMB: number;
}

export interface Measured {
  name: string;
  bytes: number;
  create: Cost;
  apply?: Cost;
}

/** Runs each row once a round, one after the other, and gives the medians. */
export function measure(rows: readonly Row[], rounds: number): Measured[] {
  const usable = rows.filter(({ needs }) => needs.every(hasProgram));
  for (const { folder, prepare } of usable) if (prepare !== undefined) shell(folder, prepare);
  const taken = usable.map((row) => ({ row, bytes: 0, create: [] as Cost[], apply: [] as Cost[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const one of taken) {
      const { row } = one;
      for (const name of row.makes) rmSync(join(row.folder, name), { recursive: true, force: true });
      one.create.push(timed(row.folder, row.create));
      one.bytes = row.bytes();
      if (row.apply !== undefined) one.apply.push(timed(row.folder, row.apply));
      if (row.equal) execFileSync('cmp', [...row.equal], { cwd: row.folder, stdio: ['ignore', 'ignore', 'inherit'] });
      for (const name of row.makes) rmSync(join(row.folder, name), { recursive: true, force: true });
    }
  }
  return taken.map(({ row, bytes, create, apply }) => ({
    name: row.name,
    bytes,
    create: median(create),
    ...(apply.length > 0 ? { apply: median(apply) } : {}),
  }));
}

function shell(folder: string, command: string): void {
  execFileSync('sh', ['-ec', command], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
}

function timed(folder: string, command: string): Cost {
  const report = join(folder, 'time.txt');
  const args = ['-o', report, '-f', '%e %U %S %M', 'sh', '-ec', command];
  execFileSync('/usr/bin/time', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const [wall = 0, user = 0, system = 0, kib = 0] = readFileSync(report, 'utf8').trim().split(' ').map(Number);
  rmSync(report);
  return { wall, cpu: user + system, peakMB: (kib * 1024) / 1e6 };
}

function median(costs: readonly Cost[]): Cost {
  const of = (pick: (cost: Cost) => number) => costs.map(pick).sort((a, b) => a - b)[costs.length >> 1] ?? 0;
  return { wall: of(({ wall }) => wall), cpu: of(({ cpu }) => cpu), peakMB: of(({ peakMB }) => peakMB) };
}

export function printRows(title: string, rows: readonly Measured[]): void {
  console.log(`## ${title}\n`);
  console.log('| tool | MiB | made: wall / cpu | MB | applied: wall / cpu | MB |\n|---|---|---|---|---|---|');
  const cost = (one?: Cost) =>
    one ? `${one.wall.toFixed(2)} / ${one.cpu.toFixed(2)} | ${one.peakMB.toFixed(0)}` : '– | –';
  for (const { name, bytes, create, apply } of rows) {
    const size = bytes === 0 ? '–' : (bytes / 2 ** 20).toFixed(1);
    console.log(`| ${name} | ${size} | ${cost(create)} | ${cost(apply)} |`);
  }
  console.log('');
}
