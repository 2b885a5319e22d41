#!/usr/bin/env node
// The client that the public tuf-conformance suite runs: init, refresh and download over Lazaret’s own trust code.
// `pytest tuf_conformance --entrypoint $LAZARET/test/tuf-conformance/client.ts`; exit status 0 or 1.
// Lazaret knows no delegations (docs/formats/trust.md): the suite’s cases that need them are in `client.ts.xfails`.
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeFileAtomic } from '../../src/sys/files/files.ts';
import { sourceAt } from '../../src/sys/sources/fetch.ts';
import { fetchBytes, type Source } from '../../src/sys/sources/source.ts';
import { ROLES, type SavedMetadata } from '../../src/trust/verify/saved.ts';
import { TrustedStore } from '../../src/trust/verify/trusted-store.ts';
import { updateMetadata } from '../../src/trust/verify/update.ts';
import { verifyBytes } from '../../src/trust/verify/verified.ts';

const MAX_TARGET_BYTES = 64 << 20;
const option = { type: 'string' } as const;
const OPTIONS = {
  'metadata-dir': option,
  'metadata-url': option,
  'target-name': option,
  'target-base-url': option,
  'target-dir': option,
};

try {
  await runClient(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 1;
}

async function runClient(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  const [command, trustedRoot] = positionals;
  const folder = needed(values['metadata-dir'], '--metadata-dir');
  if (command === 'init') {
    mkdirSync(folder, { recursive: true });
    return copyFileSync(needed(trustedRoot, 'TRUSTED_ROOT'), join(folder, 'root.json'));
  }
  const store = await refresh(folder, needed(values['metadata-url'], '--metadata-url'));
  if (command === 'refresh') return;
  if (command !== 'download') throw new Error(`there is no command ${command}`);
  const name = needed(values['target-name'], '--target-name');
  const to = join(needed(values['target-dir'], '--target-dir'), encodeURIComponent(name));
  await download(store, { name, from: needed(values['target-base-url'], '--target-base-url'), to });
}

/** Brings the metadata in a folder up to date; each role as soon as it is verified. */
async function refresh(folder: string, address: string): Promise<TrustedStore> {
  const saved: Partial<SavedMetadata> = Object.fromEntries(
    ROLES.filter((role) => existsSync(join(folder, `${role}.json`))).map((role) => [
      role,
      readFileSync(join(folder, `${role}.json`)),
    ]),
  );
  const { root, ...others } = saved;
  if (!root) throw new Error('init comes first');
  const now = Date.now();
  const store = new TrustedStore(
    root,
    () => now,
    () => undefined,
  );
  const beside = join(folder, 'metadata');
  await updateMetadata({ root, ...others }, store, {
    ...{ source: metadataAt(address), beside, signal: undefined },
    keep: (role, bytes) => writeFileAtomic(join(folder, `${role}.json`), bytes),
  });
  return store;
}

/** Our sources hold metadata in a folder of that name; the suite gives that folder’s own address. */
function metadataAt(address: string): Source {
  const source = sourceAt(new URL(address));
  return { ...source, open: (path, wanted) => source.open(path.replace(/^metadata\//, ''), wanted) };
}

async function download(
  store: TrustedStore,
  { name, from, to }: { name: string; from: string; to: string },
): Promise<void> {
  const target = store.targets?.signed.targets[name];
  if (!target) throw new Error(`${name} is not among the signed files`);
  const { sha256, sha512 } = target.hashes;
  const hash = needed(sha256 ?? sha512, 'a hash that is known here');
  const known = { name, bytes: target.length, ...(sha256 ? { sha256 } : {}), ...(sha512 ? { sha512 } : {}) };
  if (existsSync(to) && isSame(readFileSync(to), known)) return;
  const cut = name.lastIndexOf('/') + 1;
  const path = store.root.signed.consistentSnapshot ? `${name.slice(0, cut)}${hash}.${name.slice(cut)}` : name;
  const bytes = await fetchBytes(sourceAt(new URL(from)), path, {
    maxBytes: Math.min(target.length, MAX_TARGET_BYTES),
  });
  writeFileSync(to, verifyBytes(bytes, known).value);
}

function isSame(bytes: Buffer, target: Parameters<typeof verifyBytes>[1]): boolean {
  try {
    verifyBytes(bytes, target);
    return true;
  } catch {
    return false;
  }
}

function needed(value: string | undefined, what: string): string {
  if (value === undefined) throw new Error(`${what} is needed`);
  return value;
}
