import type { ServersAnswer } from '../../api/servers.ts';
import { readInstances } from '../../install/state/instances.ts';
import { type Asker, maySee } from '../../install/state/machine/owner.ts';
import { readPackageServer } from '../../install/state/package-server.ts';
import { AppError, failureOf } from '../../lib/errors.ts';
import type { PolicyStore, TriedFile } from '../../servers/policies.ts';
import { shownAddress } from '../../sys/sources/fetch.ts';

type Tried = ServersAnswer['servers'][number];

const RELEASE: TriedFile = { path: 'metadata/timestamp.json', bytes: 64 << 10 };

/** Asks each server of the machines that somebody may see for what every look-up and update begins with, and of packages for a byte of what is installed. */
export async function tryServers(
  { asker, state, policies }: { asker: Asker; state: string; policies: PolicyStore },
  signal: AbortSignal,
): Promise<Tried[]> {
  const instances = (await readInstances(state)).filter(({ file }) => maySee(asker, file.owner));
  const named = instances.map(({ current }) => current.policyServer).filter((address) => address !== undefined);
  const newest = instances.map(({ current }) => current.machine.layers.at(-1)?.blob).find((blob) => blob !== undefined);
  const blob = newest && { path: `blobs/${newest.sha256}`, bytes: newest.bytes };
  const packages = await readPackageServer(state);
  const attempt = (holds: Tried['holds'], address: string, files: TriedFile[]) =>
    failureIn(async () => {
      for (const file of files) await policies.tryServer(address, file, signal);
    }).then((failed) => ({ holds, address: shownAddress(address), ...failed }));
  return Promise.all([
    ...[...new Set(named)].map((address) => attempt('policies', address, [RELEASE])),
    ...(packages === undefined ? [] : [attempt('packages', packages, [RELEASE, ...(blob ? [blob] : [])])]),
  ]);
}

async function failureIn(work: () => Promise<void>): Promise<Pick<Tried, 'failure'>> {
  try {
    await work();
    return {};
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, reason, remedy } = failureOf(error);
    return { failure: { code, reason, remedy } };
  }
}
