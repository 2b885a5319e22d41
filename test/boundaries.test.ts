import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const SRC = join(import.meta.dirname, '..', 'src');

/** What each folder of src/ may import besides itself and lib. This table is the architecture. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  lib: [],
  sys: [],
  policy: [],
  quarantine: ['policy'],
  trust: ['sys'],
  project: ['policy', 'quarantine', 'sys'],
  package: ['policy', 'quarantine', 'trust', 'project', 'sys'],
  install: ['policy', 'quarantine', 'trust', 'package', 'sys'],
  store: ['policy', 'quarantine', 'trust', 'sys'],
  vm: ['policy', 'quarantine', 'sys'],
  firewall: ['policy', 'quarantine', 'sys'],
  guest: ['policy', 'quarantine', 'sys'],
  run: ['policy', 'quarantine', 'trust', 'install', 'store', 'vm', 'firewall', 'guest', 'sys'],
  daemon: ['policy', 'quarantine', 'trust', 'install', 'store', 'run', 'sys'],
  manager: ['policy', 'quarantine', 'trust', 'project', 'package', 'store', 'run', 'sys'],
  cli: [
    'policy',
    'quarantine',
    'trust',
    'project',
    'package',
    'install',
    'store',
    'vm',
    'firewall',
    'guest',
    'run',
    'daemon',
    'manager',
    'sys',
  ],
};

/** Which folders may use which packages; those not named here are free to every folder that has none forbidden. */
const ONLY_IN: Record<string, readonly string[]> = {
  execa: ['sys'],
  pino: ['sys'],
  'tuf-js': ['trust'],
  '@tufjs/models': ['trust'],
  yaml: ['project'],
  ldapts: ['store'],
  hono: ['daemon', 'manager'],
  '@hono/node-server': ['daemon', 'manager'],
  commander: ['cli'],
  '@clack/prompts': ['cli'],
  'ipaddr.js': ['policy', 'quarantine', 'firewall'],
  zod: [
    'policy',
    'quarantine',
    'trust',
    'project',
    'package',
    'install',
    'store',
    'vm',
    'guest',
    'run',
    'daemon',
    'manager',
    'cli',
  ],
};

/** Node's own modules that reach the machine: sys alone opens this door. */
const DOOR = /^node:(fs|child_process|net|tls|dgram|https?|http2|dns|os|process|worker_threads)(\/|$)/;
const IMPORT = /(?:^\s*(?:import|export)\b[^'";]*?\bfrom\s*|^\s*import\s*|\bimport\s*\(\s*)['"]([^'"]+)['"]/gm;

function forbidden(file: string, text: string): string[] {
  const folder = file.split('/')[0] ?? '';
  const allowed = [folder, 'lib', ...(MAY_IMPORT[folder] ?? [])];
  return [...text.matchAll(IMPORT)]
    .map(([, target = '']) => target)
    .filter((target) => {
      if (target.startsWith('node:')) return folder !== 'sys' && DOOR.test(target);
      if (!target.startsWith('.')) return !(ONLY_IN[packageOf(target)] ?? []).includes(folder);
      const path = join(dirname(file), target);
      return !allowed.some((entry) => path === entry || path.startsWith(`${entry}/`));
    });
}

function packageOf(target: string): string {
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
}

const files = globSync('**/*.{ts,tsx}', { cwd: SRC }).filter((name) => !name.includes('.test.'));

test('there are source files to hold to the table', () => {
  assert.ok(files.length > 20, `only ${files.length} files found`);
});

test('every folder of src/ is in the table', () => {
  const folders = new Set(files.map((file) => file.split('/')[0] ?? ''));
  assert.deepEqual(
    [...folders].filter((folder) => !(folder in MAY_IMPORT)),
    [],
  );
});

for (const file of files) {
  test(`${file} imports only what its folder may`, () => {
    assert.deepEqual(forbidden(file, readFileSync(join(SRC, file), 'utf8')), []);
  });
}

test('a planted import is found', () => {
  const planted = [
    "import { run } from '../sys/exec.ts';",
    "import { readFileSync } from 'node:fs';",
    "import { execa } from 'execa';",
    "const late = await import('../run/lifecycle.ts');",
    "import { decide } from '../policy/schema.ts';",
  ].join('\n');

  assert.deepEqual(forbidden('quarantine/decide.ts', planted), [
    '../sys/exec.ts',
    'node:fs',
    'execa',
    '../run/lifecycle.ts',
  ]);
});
