import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..');

/** Words of the “not” column that are right for something else, which is the reason why each may be used. */
const OTHER_MEANINGS: Record<string, string> = {
  client: 'a program that asks a server, as TUF, LDAP and HTTP say',
  node: 'Node.js, QEMU’s block nodes, nodes of a tree',
  repository: 'TUF’s word for what is signed together',
  instance: 'a machine as it is installed',
  box: 'the bounds of a set of addresses, of a text, of an element of a page',
  rule: 'of the packet filter, and of what a package must be',
  controller: 'AbortController, domain controller',
  push: 'of arrays, and a server that tells at once',
  release: 'number of a layer, and a state of signed files',
  poll: 'the option of dnsmasq',
  sync: 'to write to the disk',
  image: 'of a disk, and of a CD',
  part: 'a piece of anything',
  index: 'a place in a list, and the base’s index',
  build: 'to make a package',
  previous: 'the one before in a list',
  backup: 'a copy that somebody keeps',
  revert: 'VMware ACE’s event of a plug-in',
  undo: 'what an interrupted step takes back',
  remove: 'of files, rules, and machines of a project',
  delete: 'of files, rules and sets',
  snapshot: 'TUF’s role',
  version: 'of a machine’s software, of signed files, of formats',
  merged: 'of ranges and sorted lists',
  chunk: 'of a stream',
  copy: 'of a file, and the project’s own machine',
  level: 'of compression, and of the log',
  minimum: 'VMware ACE’s word for the strength of a passphrase',
  checkpoint: 'VMware’s setting that names a suspended machine’s memory',
  slider: 'what VMware ACE showed for the threshold',
  issuer: 'of a TLS certificate',
  unlock: 'a method of WebDAV',
  author: 'in a header of WebDAV that Windows looks for',
  source: 'where a package is installed from',
  default: 'what holds where nothing is said',
  hook: 'of the packet filter',
  asset: 'a file of the pages',
  error: 'a failure',
  full: 'a kind of package, and a disk without room',
  location: 'a header of HTTP, and a browser’s address',
  probe: 'what finds out about a processor, a name or a place in a table',
  verdict: 'the packet filter’s form of a decision, a plug-in’s word',
  state: 'what a computer or a machine has kept',
  proxy: 'what stands between a computer and the web (HTTPS_PROXY)',
  daemon: 'the folder’s name, its codes, and what others call such programs',
};

/** The words that the glossary says we do not use. */
function unusedWords(): string[] {
  const rows = readFileSync(join(ROOT, 'docs/glossary.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| **'));
  return rows.flatMap((row) => {
    const cells = row.split('|').map((cell) => cell.trim());
    const not = (cells[3] ?? '').replace(/\([^)]*\)/g, '');
    return not
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
  });
}

/** Identifiers taken apart, so that each of their words counts. */
const wordsOf = (text: string) => text.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll('_', ' ');

test('code and documents do not use the words that the glossary rules out', () => {
  const words = unusedWords().filter((word) => !(word in OTHER_MEANINGS));
  const files = [
    'README.md',
    ...globSync(['src/**/*.{ts,tsx}', 'docs/**/*.md'], { cwd: ROOT }).filter((path) => path !== 'docs/glossary.md'),
  ];
  assert.ok(words.length > 30);

  const found = files.flatMap((path) => {
    const text = wordsOf(readFileSync(join(ROOT, path), 'utf8'));
    return words.filter((word) => new RegExp(`\\b${word}s?\\b`, 'i').test(text)).map((word) => `${path}: ${word}`);
  });

  assert.deepEqual(found, []);
});

test('each exception is a word that the glossary rules out', () => {
  const words = unusedWords();

  assert.deepEqual(
    Object.keys(OTHER_MEANINGS).filter((word) => !words.includes(word)),
    [],
  );
});
