import { writeFileAtomic } from '../sys/files/files.ts';
import { makeFolder } from '../sys/files/folders.ts';
import { networkAddresses } from '../sys/network/network-facts.ts';
import { pause } from '../sys/pause.ts';
import { startInOwnNamespaces } from '../sys/programs/own-namespaces.ts';
import { hostAddressesPath } from './host-addresses.ts';

const LOOK_MS = 5000;

/**
 * Runs the service in namespaces of its own until `signal` ends it, and its machines with it; gives its exit status.
 * `command` is the service as it is run within.
 * @throws ROOTLESS_UNAVAILABLE
 */
export async function runRootless(command: readonly string[], runFolder: string, signal: AbortSignal): Promise<number> {
  await makeFolder(runFolder, 0o700);
  await writeAddresses(runFolder, '');
  const namespaces = await startInOwnNamespaces(command, runFolder);
  const over = new AbortController();
  const telling = tellAddresses(runFolder, over.signal);
  signal.addEventListener('abort', () => namespaces.stop(), { once: true });
  if (signal.aborted) namespaces.stop();
  try {
    return await namespaces.ended;
  } finally {
    over.abort();
    await telling;
  }
}

/** What leaves the namespaces leaves as this user’s connection: it must not reach this computer by any of its addresses. */
async function tellAddresses(runFolder: string, signal: AbortSignal): Promise<void> {
  let told = '';
  while (!signal.aborted) {
    told = await writeAddresses(runFolder, told);
    await pause(LOOK_MS, signal);
  }
}

async function writeAddresses(runFolder: string, told: string): Promise<string> {
  const text = JSON.stringify(networkAddresses());
  if (text !== told) await writeFileAtomic(hostAddressesPath(runFolder), `${text}\n`, 0o600);
  return text;
}
