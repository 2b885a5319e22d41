import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { canonicalJson } from '../../src/lib/json.ts';
import { folderSource } from '../../src/sys/sources/folder-source.ts';
import { keyIdOf, type SigningKey } from '../../src/trust/sign/keys.ts';
import { createRepository, publish } from '../../src/trust/sign/repository.ts';
import { pinProject } from '../../src/trust/verify/client.ts';
import { refresh } from '../../src/trust/verify/refresh.ts';

export const NOW = Date.parse('2026-11-01T00:00:00Z');
export const DAY_MS = 86_400_000;

/** A key that lives in memory alone. */
export function newKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const publicKeyHex = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex');
  return { keyId: keyIdOf(publicKeyHex), publicKeyHex, sign: (data) => sign(null, data, privateKey) };
}

/** An administrator's project with one release in each repository, and an empty folder for a computer. */
export async function trustProject(t: TestContext, projectName = 'Office') {
  const folder = await mkdtemp(join(tmpdir(), 'lazaret-trust-'));
  t.after(() => rm(folder, { recursive: true }));
  const keys = { root: newKey(), packages: newKey(), policies: newKey() };
  const packages = join(folder, 'packages');
  const policies = join(folder, 'policies');
  const common = { projectName, rootKey: keys.root, now: NOW };
  const project = await createRepository(packages, { ...common, repository: 'packages', roleKey: keys.packages });
  const { fingerprint } = project;
  await createRepository(policies, { ...common, repository: 'policies', fingerprint, roleKey: keys.policies });
  const release = (repository: 'packages' | 'policies', files: Record<string, string> = {}, now = NOW) =>
    publish(repository === 'packages' ? packages : policies, {
      add: new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])),
      key: keys[repository],
      now,
      validForMs: repository === 'packages' ? 365 * DAY_MS : 2 * DAY_MS,
    });
  await release('packages', { 'office.json': '{"release":1}' });
  await release('policies', { 'policy.json': '{"serial":1}' });
  const trust = join(folder, 'trust');
  return {
    folder,
    keys,
    project,
    packages,
    policies,
    trust,
    release,
    /** A copy of a folder as it is now. */
    copy: async (of: string, name: string) => {
      await cp(of, join(folder, name), { recursive: true });
      return join(folder, name);
    },
    pin: () => pinProject(trust, folderSource(packages), fingerprint),
    refresh: (repository: 'packages' | 'policies', from?: string, now = NOW) =>
      refresh(trust, repository, folderSource(from ?? (repository === 'packages' ? packages : policies)), { now }),
  };
}

/** Changes what a metadata file says and signs it again: what the owner of a stolen key could do. */
export async function forge(
  path: string,
  keys: readonly SigningKey[],
  edit?: (signed: Signed) => void,
): Promise<Buffer> {
  const { signed } = parse(await readFile(path, 'utf8'));
  edit?.(signed);
  const data = Buffer.from(canonicalJson(signed));
  const signatures = keys.map((key) => ({ keyid: key.keyId, sig: key.sign(data).toString('hex') }));
  const bytes = Buffer.from(JSON.stringify({ signatures, signed }));
  await writeFile(path, bytes);
  return bytes;
}

type Signed = Record<string, unknown>;

function parse(text: string): { signed: Signed } {
  const json: unknown = JSON.parse(text);
  assert.ok(typeof json === 'object' && json !== null && 'signed' in json);
  assert.ok(typeof json.signed === 'object' && json.signed !== null);
  return { signed: { ...json.signed } };
}
