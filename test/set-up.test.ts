import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratch } from './fakes/made-project.ts';

const SETUP = join(import.meta.dirname, '..', 'setup');
const { nodeProgram } = await import(join(SETUP, 'node-program.mjs'));
const { PACKAGES } = await import(join(SETUP, 'system-packages.mjs'));

/** apt itself needs them: every Debian that has it has them. */
const OF_APT = ['libc6', 'libgcc-s1', 'libstdc++6'];

test('set-up brings all that the Debian packages need: what runs from a checkout needs no less', () => {
  const needs = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'packaging', 'debian', 'needs.json'), 'utf8'));
  const names = Object.values<string[]>(needs).flatMap((each) => each.map((need) => need.replace(/ .*/, '')));
  const brought = new Set([...PACKAGES, ...OF_APT]);

  assert.deepEqual(
    [...new Set(names)].filter((name) => !brought.has(name)),
    [],
  );
});

test('where the Node that npm has brought does not start, set-up says why', (t) => {
  const root = scratch(t);
  const bin = join(root, 'node_modules', '.bin');
  mkdirSync(bin, { recursive: true });
  const says = (script: string) => writeFileSync(join(bin, 'node'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

  says(
    'echo "node: error while loading shared libraries: libatomic.so.1: cannot open shared object file" >&2; exit 127',
  );
  assert.throws(
    () => nodeProgram(root, 'v20.19.0'),
    /does not start: .*libatomic\.so\.1.*install the package libatomic1/,
  );
  says('echo v26.10.0');
  assert.equal(nodeProgram(root, 'v20.19.0'), join(bin, 'node'));
  assert.throws(() => nodeProgram(scratch(t), 'v20.19.0'), /this is v20\.19\.0, and npm could bring no other one/);
});
