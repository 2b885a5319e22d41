import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { residentMB } from '../pages/service.ts';
import type { SoakSite } from './site.ts';
import type { Sample } from './verdict.ts';

const NAMESPACES = '/run/netns';
const HEAP_PATIENCE_MS = 10_000;

/** What the site’s computer has now. */
export async function count(site: SoakSite): Promise<Sample['counts']> {
  const pid = site.computer.servicePid;
  const heapMB = (await heapBytes(site, pid)) / 1e6;
  const inside = machineNamespaces();
  const looks = [site.network.command('host', '', []).slice(0, -1), ...inside.map((name) => enter(name))];
  const rules = looks.map(rulesIn);
  const processes = processesIn(new Set([namespaceOf(pid), ...inside.map((name) => namespaceFile(name))]));
  const { folder } = site.computer;
  const state = filesIn(join(folder, 'state'));
  const kept = state.filter(({ path }) => !path.includes('/layers/') && !path.includes('/events'));
  const sum = (of: (rule: Rules) => number) => rules.reduce((total, rule) => total + of(rule), 0);
  return {
    residentMB: residentMB(pid),
    heapMB,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: readdirSync(`/proc/${pid}/task`).length,
    processes: processes.length,
    qemuMB: processes
      .filter(({ name }) => name.startsWith('qemu-system'))
      .reduce((total, { pid: qemu }) => total + residentMB(qemu), 0),
    links: looks.reduce((total, words) => total + linksIn(words), 0),
    namespaces: readdirSync(NAMESPACES).length,
    tables: sum(({ tables }) => tables),
    sets: sum(({ sets }) => sets),
    elements: sum(({ elements }) => elements),
    rules: sum(({ rules: found }) => found),
    mounts: readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trim().split('\n').length,
    runFiles: filesIn(join(folder, 'run')).length,
    temporary: readdirSync(tmpdir()).length,
    stateFiles: kept.length,
    stateMB: bytesOf(kept) / 1e6,
    layers: state.filter(({ path }) => path.includes('/layers/')).length,
    eventsKB: bytesOf(state.filter(({ path }) => path.includes('/events'))) / 1e3,
  };
}

/** What the service’s heap holds once its garbage is collected. */
async function heapBytes(site: SoakSite, pid: number): Promise<number> {
  rmSync(site.heapFile, { force: true });
  process.kill(pid, 'SIGUSR2');
  for (let waited = 0; !existsSync(site.heapFile); waited += 20) {
    if (waited > HEAP_PATIENCE_MS) throw new Error('the service does not say what its heap holds');
    await sleep(20);
  }
  return Number(readFileSync(site.heapFile, 'utf8'));
}

interface Rules {
  tables: number;
  sets: number;
  elements: number;
  rules: number;
}

function rulesIn(enterWords: readonly string[]): Rules {
  const { nftables }: { nftables: Record<string, { elem?: unknown[] }>[] } = JSON.parse(
    said(enterWords, 'nft', '-j', 'list', 'ruleset'),
  );
  const of = (kind: string) => nftables.flatMap((object) => object[kind] ?? []);
  const sets = [...of('set'), ...of('map')];
  return {
    tables: of('table').length,
    sets: sets.length,
    elements: sets.reduce((total, { elem = [] }) => total + elem.length, 0),
    rules: of('rule').length,
  };
}

function linksIn(enterWords: readonly string[]): number {
  return said(enterWords, 'ip', '-o', 'link').trim().split('\n').length;
}

function said(enterWords: readonly string[], ...words: string[]): string {
  const [program = '', ...args] = [...enterWords, ...words];
  return execFileSync(program, args, { encoding: 'utf8', maxBuffer: 64 << 20 });
}

function machineNamespaces(): string[] {
  return readdirSync(NAMESPACES).filter((name) => name.startsWith('lazaret-'));
}

function enter(name: string): string[] {
  return ['nsenter', `--net=${join(NAMESPACES, name)}`];
}

function namespaceFile(name: string): string {
  return `net:[${statSync(join(NAMESPACES, name)).ino}]`;
}

function namespaceOf(pid: number | string): string {
  return readlinkSync(`/proc/${pid}/ns/net`);
}

/** The processes in some network namespaces: the service, its helpers, its machines. */
function processesIn(namespaces: ReadonlySet<string>): { pid: number; name: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!namespaces.has(namespaceOf(pid))) return [];
        return [{ pid: Number(pid), name: readFileSync(`/proc/${pid}/comm`, 'utf8').trim() }];
      } catch {
        // It has ended since.
        return [];
      }
    });
}

/** Files of a folder, however deep; what goes away meanwhile is not there. */
function filesIn(folder: string): { path: string; bytes: number }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const path = join(folder, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found && !found.isDirectory() ? [{ path, bytes: found.blocks * 512 }] : [];
  });
}

function bytesOf(files: readonly { bytes: number }[]): number {
  return files.reduce((total, { bytes }) => total + bytes, 0);
}
