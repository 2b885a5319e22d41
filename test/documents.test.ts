import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parseRequest } from '../src/guest/protocol.ts';
import { ERRORS, type ErrorCode } from '../src/lib/errors.ts';
import { HostPolicy } from '../src/policy/host.ts';
import { MachinePolicy } from '../src/policy/schema.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** The first fenced block of a language in a document. */
function block(path: string, language: string): string {
  const found = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'm').exec(read(path))?.[1];
  assert.ok(found, `${path} has no ${language} block`);
  return found;
}

test('docs/errors.md lists every code of the table with its exit status, its HTTP status and its remedy', () => {
  const rows = Object.entries(ERRORS).map(
    ([code, { exit, http, hint }]) => `| ${code} | ${exit} | ${http} | ${hint} |`,
  );
  const head = [
    '# Errors',
    '',
    'Every failure a user may see. Codes are public and stay; texts may change. Exit statuses follow `sysexits.h`. A refusal by policy',
    'is no error but a decision: `lazaret status` and `lazaret explain` give its reason.',
    '',
    'A failure is shown in the same parts everywhere, on the command line, in the service’s answers (`error`) and in the pages:',
    '',
    '- its code and the reason, which names what it is about (`code`, `reason`);',
    '- what led to it, from the nearest cause to the first one: at most four lines, one for each cause (`causes`). They have no',
    '  stack, and no user, password or query of an address. What the lines before say already is left out;',
    '- what to do, which is the line of the table below (`remedy`); where that names the command of a project too, each program says',
    '  its own;',
    '- the path of the log that says more, where there is one (`log`).',
    '',
    '| code | exit | HTTP | what to do |',
    '| --- | --- | --- | --- |',
  ];
  const text = `${[...head, ...rows].join('\n')}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(join(ROOT, 'docs/errors.md'), text);

  assert.equal(read('docs/errors.md'), text);
});

test('every code of the table is used', () => {
  const source = globSync('src/**/*.ts', { cwd: ROOT }).filter(
    (path) => path !== 'src/lib/errors.ts' && !path.includes('.test.'),
  );
  const text = source.map(read).join('\n');

  const unused = Object.keys(ERRORS).filter(
    (code) => !text.includes(`'${code}'`) && !BUILT.includes(code as ErrorCode),
  );

  assert.deepEqual(unused, []);
});

/** Codes that failures get without being named where they arise. */
const BUILT: ErrorCode[] = ['INTERNAL'];

test('the examples of the format documents are what they say', () => {
  assert.ok(MachinePolicy.safeParse(parse(block('docs/formats/project.md', 'yaml'))).success);
  assert.ok(HostPolicy.safeParse(parse(block('docs/formats/project.md', 'yml')).host).success);
  assert.ok(MachinePolicy.safeParse(parse(block('docs/plug-ins.md', 'yaml'))).success);
  assert.ok('cmd' in parseRequest(block('docs/formats/guest.md', 'json').trim()));
});

test('every test that docs/threats.md names is there', () => {
  const named = [...read('docs/threats.md').matchAll(/`((?:src|test)\/[^`]+\.test\.ts)`/g)].map(
    ([, path = '']) => path,
  );

  assert.ok(named.length > 10);
  assert.deepEqual(
    named.filter((path) => globSync(path, { cwd: ROOT }).length === 0),
    [],
  );
});

test('what differs from VMware ACE by decision is written down, with tests that are there', () => {
  const text = read('docs/decisions/0013-where-ace-differs.md');
  const named = [...text.matchAll(/`((?:src|test)\/[^`]+\.test\.ts)`/g)].map(([, path = '']) => path);

  for (const fact of [45, 82, 88]) assert.match(text, new RegExp(`\\(fact ${fact}\\)`));
  assert.deepEqual(
    named.filter((path) => globSync(path, { cwd: ROOT }).length === 0),
    [],
  );
  assert.ok(named.length >= 3);
});

test('commands of the README and of the guides exist', () => {
  const source = globSync('src/cli/**/*.ts', { cwd: ROOT }).map(read).join('\n');

  for (const path of ['README.md', ...globSync('docs/guide/*.md', { cwd: ROOT })]) {
    const commands = shellLines(path).filter(([line]) => /^lazaret(?:-manager)? /.test(line));
    assert.ok(commands.length > 10, path);
    for (const [line, words] of commands) {
      const [, verb = '', next = ''] = words;
      assert.match(source, new RegExp(`'${verb}[ ']`), `${path}: ${line}`);
      const isGroup = source.includes(`command('${verb}')`);
      if (isGroup) assert.match(source, new RegExp(`'${next}[ ']`), `${path}: ${line}`);
      for (const option of words.filter((word) => word.startsWith('--')))
        assert.match(source, new RegExp(`'(?:-\\w, )?${option}[ ']`), `${path}: ${line}`);
    }
  }
});

/** The lines of a document’s shell blocks, each with its words; quoted text and remarks left out. */
function shellLines(path: string): [line: string, words: string[]][] {
  const blocks = [...read(path).matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, text = '']) => text);
  return blocks
    .flatMap((text) => text.split('\n'))
    .map((line) => [line, line.replace(/"[^"]*"|#.*/g, '').split(/\s+/)]);
}

test('the documents a newcomer is led to are there', () => {
  for (const path of ['README.md', ...globSync('docs/guide/*.md', { cwd: ROOT })]) {
    const links = [...read(path).matchAll(/\]\(([^):]+)\)|`((?:\.\.\/)[^`]+)`/g)].map(
      ([, link, code]) => link ?? code ?? '',
    );
    assert.ok(links.length > 0 || path.endsWith('user.md'), path);
    for (const link of links) assert.ok(existsSync(join(ROOT, dirname(path), link)), `${path}: ${link}`);
  }
});
