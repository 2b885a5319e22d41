import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { testProgram } from '../../lab/programs.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { computerPaths, generationPaths, layerPath } from '../../src/install/state/layout.ts';
import { digestFile } from '../../src/sys/files/files.ts';
import { run } from '../../src/sys/programs/exec.ts';
import { scratch } from './made-project.ts';

export const CHANGE = testProgram('test/fakes/stopped-change.ts');

/** Makes a change in a process of its own that dies after a step, or with “-” does not: then the steps it went through come back. */
export async function change(state: string, stopAfter: string, words: readonly string[]): Promise<string[]> {
  const child = spawn(process.execPath, [CHANGE, state, stopAfter, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [status, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  if (stopAfter === '-') assert.equal(status, 0, stderr);
  else assert.equal(signal, 'SIGKILL', `${stopAfter}: ${stderr}`);
  return stdout.trim().split('\n');
}

/** A copy of a folder, which need not be there, in a folder of its own, with the seals that it has beside it. */
export function copyOf(t: TestContext, folder: string): string {
  const copy = join(scratch(t), 'copy');
  const pairs: [string, string][] = [
    [folder, copy],
    [computerPaths(folder).seal, computerPaths(copy).seal],
  ];
  for (const [from, to] of pairs) if (existsSync(from)) cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  return copy;
}

/** All that lies in a computer’s store, but for what a broken installation is to be resumed with. */
export function listing(state: string, resumed: ReadonlySet<string> = new Set()): string[] {
  const folders = ['layers', 'files', 'staging', 'instances'].map((name) => `${name}/**`);
  return filesIn(state, folders).filter((path) => !resumed.has(path));
}

/** The files below a folder that fit a pattern, by name. */
export function filesIn(folder: string, patterns: readonly string[] = ['**']): string[] {
  return globSync([...patterns], { cwd: folder, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** What the machine would start from is whole: each layer is, byte for byte, the signed one. */
export async function requireBootable(state: string, vm = 'office'): Promise<number> {
  const { current } = await openInstance(state, vm);
  for (const { sha256 } of current.machine.layers)
    assert.equal((await digestFile(layerPath(state, sha256))).sha256, sha256);
  await run('qemu-img', ['check', '-q', generationPaths(state, vm, current.generation).overlay]);
  return current.generation;
}
