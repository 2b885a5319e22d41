import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const SRC = join(import.meta.dirname, '..', 'src');

/**
 * What each folder of src/ may import besides itself and lib. This table is the architecture: it permits what is used, and
 * nothing that is not.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  lib: [],
  sys: [],
  policy: [],
  quarantine: ['policy'],
  api: ['policy'],
  layer: ['sys'],
  trust: ['sys'],
  servers: ['policy', 'trust', 'sys'],
  project: ['policy', 'servers', 'sys'],
  package: ['policy', 'quarantine', 'layer', 'trust', 'project', 'sys'],
  install: ['policy', 'quarantine', 'layer', 'trust', 'package', 'sys'],
  vm: ['sys'],
  firewall: ['policy', 'quarantine', 'sys'],
  guest: ['quarantine', 'sys'],
  run: ['policy', 'quarantine', 'trust', 'servers', 'vm', 'firewall', 'guest', 'sys'],
  pages: ['api', 'sys'],
  daemon: ['api', 'pages', 'policy', 'quarantine', 'trust', 'install', 'servers', 'run', 'sys'],
  manager: [
    'api',
    'pages',
    'policy',
    'quarantine',
    'layer',
    'trust',
    'servers',
    'project',
    'package',
    'guest',
    'run',
    'sys',
  ],
  web: ['api', 'policy', 'quarantine'],
  cli: [
    'api',
    'policy',
    'quarantine',
    'layer',
    'project',
    'package',
    'servers',
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
  saxes: ['project'],
  ldapts: ['servers'],
  'age-encryption': ['trust', 'install', 'sys'],
  '@scure/base': ['trust'],
  hono: ['pages', 'daemon', 'manager'],
  '@hono/node-server': ['daemon', 'manager'],
  commander: ['cli'],
  '@clack/prompts': ['cli'],
  ws: ['sys'],
  'ipaddr.js': ['policy', 'quarantine', 'firewall'],
  react: ['web'],
  'react-dom': ['web'],
  'react-router': ['web'],
  '@mantine/core': ['web'],
  '@mantine/hooks': ['web'],
  '@mantine/notifications': ['web'],
  '@tanstack/react-query': ['web'],
  '@novnc/novnc': ['web'],
  vite: ['web'],
  '@vitejs/plugin-react': ['web'],
  zod: [
    'policy',
    'api',
    'pages',
    'layer',
    'trust',
    'project',
    'package',
    'install',
    'servers',
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
const IMPORT =
  /(?:^\s*(?:import|export)\b[^'";]*?\bfrom\s*|^\s*import\s*|\b(?:import|getBuiltinModule)\s*\(\s*)['"]([^'"]+)['"]/gm;

function targetsOf(text: string): string[] {
  return [...text.matchAll(IMPORT)].map(([, target = '']) => target);
}

function forbidden(file: string, text: string): string[] {
  const folder = folderOf(file);
  const allowed = [folder, 'lib', ...(MAY_IMPORT[folder] ?? [])];
  return targetsOf(text).filter((target) => {
    if (target.startsWith('node:')) return folder !== 'sys' && DOOR.test(target);
    if (!target.startsWith('.')) return !(ONLY_IN[packageOf(target)] ?? []).includes(folder);
    return !allowed.includes(folderOf(join(dirname(file), target)));
  });
}

/** The edges `FOLDER → WHAT` of the tables that no import of these files needs. */
function unused(sources: ReadonlyMap<string, string>): string[] {
  const used = new Set<string>();
  for (const [file, text] of sources)
    for (const target of targetsOf(text)) {
      const what = target.startsWith('.') ? folderOf(join(dirname(file), target)) : packageOf(target);
      used.add(`${folderOf(file)} → ${what}`);
    }
  const permitted = [
    ...Object.entries(MAY_IMPORT).flatMap(([folder, others]) => others.map((other) => `${folder} → ${other}`)),
    ...Object.entries(ONLY_IN).flatMap(([name, folders]) => folders.map((folder) => `${folder} → ${name}`)),
  ];
  return permitted.filter((edge) => !used.has(edge));
}

function folderOf(path: string): string {
  return path.split('/')[0] ?? '';
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

test('the tables permit nothing that is not used', () => {
  const sources = new Map(files.map((file) => [file, readFileSync(join(SRC, file), 'utf8')]));
  assert.deepEqual(unused(sources), []);
});

test('an edge that nothing uses is found', () => {
  const sources = new Map([
    ['quarantine/decide.ts', "import { z } from 'zod';\nimport { x } from '../policy/schema.ts';"],
  ]);
  const edges = unused(sources);
  assert.ok(edges.includes('project → policy') && edges.includes('policy → zod'));
  assert.ok(!edges.includes('quarantine → policy') && !edges.includes('quarantine → zod'));
});

/** What reads or changes a project, signs, or writes files: a use case, which has its place where a page reaches it too. */
const USE_CASE =
  /^import (?!type\b)[^;]*?'(?:\.\.\/)+(project\/(open|save|make)|package\/(checks|open|build\/.*|plan\/.*)|trust\/.*|layer\/chain\/.*|sys\/(files\/.*|programs\/exec))\.ts';$/gm;
/** A file of the service’s answer, written where the user said. */
const WRITES_AN_ANSWER = 'cli/commands/user/support.ts';

test('commands parse and print: none reads or changes a project, signs or writes by itself', () => {
  const commands = files.filter((file) => file.startsWith('cli/commands/') && file !== WRITES_AN_ANSWER);
  const found = commands.flatMap((file) =>
    [...readFileSync(join(SRC, file), 'utf8').matchAll(USE_CASE)].map(([line]) => `${file}: ${line}`),
  );
  assert.ok(commands.length > 20);
  assert.match(
    "import { openProject } from '../../../project/open.ts';",
    USE_CASE,
    'from whatever room a command is in',
  );
  assert.deepEqual(found, []);
});

/** It ends the service with the fault that its own end was called off for, whatever that is. */
const THROWS_A_FAULT = 'daemon/main.ts';

test('work that was called off ends with a code: nothing throws the bare reason', () => {
  const found = files.filter((file) => readFileSync(join(SRC, file), 'utf8').includes('.throwIfAborted('));
  assert.deepEqual(found, [THROWS_A_FAULT]);
});

test('a guess at a password or passphrase costs what it should: only tests make it cheap', () => {
  const found = files.filter((file) => /guessCheaply\(|keyIterations:/.test(readFileSync(join(SRC, file), 'utf8')));
  assert.deepEqual(found, ['trust/verifier.ts']);
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
    "const { request } = process.getBuiltinModule('node:http');",
    "const late = await import('../run/machine/lifecycle.ts');",
    "import { decide } from '../policy/schema.ts';",
  ].join('\n');

  assert.deepEqual(forbidden('quarantine/decide.ts', planted), [
    '../sys/exec.ts',
    'node:fs',
    'execa',
    'node:http',
    '../run/machine/lifecycle.ts',
  ]);
});
