import { writeFileAtomic } from '../sys/files/files.ts';
import { makeFolder } from '../sys/files/folders.ts';
import { relayNames } from '../sys/names/name-relay.ts';
import { type Resolvers, resolversNow } from '../sys/names/resolver.ts';
import { networkAddresses } from '../sys/network/network-facts.ts';
import { openSocketsInside } from '../sys/network/sockets-inside.ts';
import { pause } from '../sys/pause.ts';
import { startInOwnNamespaces } from '../sys/programs/own-namespaces.ts';
import { hostAddressesPath, NAMES_OUTSIDE, outsideResolvers } from './host-addresses.ts';

const LOOK_MS = 5000;
const DNS_PORT = 53;

/**
 * Runs the service in namespaces of its own until `signal` ends it, and its machines with it; gives its exit status.
 * `command` is the service as it is run within. What it asks for names on its loopback is led on from outside.
 * @throws ROOTLESS_UNAVAILABLE, NETWORK_FAILED
 */
export async function runRootless(
  command: readonly string[],
  runFolder: string,
  resolvers: Resolvers,
  signal: AbortSignal,
): Promise<number> {
  await makeFolder(runFolder, 0o700);
  await writeAddresses(runFolder, '');
  const namespaces = await startInOwnNamespaces(command, runFolder);
  const over = new AbortController();
  const telling = [tellAddresses(runFolder, over.signal), tellResolvers(runFolder, resolvers, over.signal)];
  signal.addEventListener('abort', () => namespaces.stop(), { once: true });
  if (signal.aborted) namespaces.stop();
  try {
    using _names = await answerNames(namespaces.enter, resolvers);
    return await namespaces.ended;
  } finally {
    namespaces.stop();
    await namespaces.ended;
    over.abort();
    await Promise.all(telling);
  }
}

/** pasta does not follow the computer’s resolvers, and leads to no stub on loopback. */
async function answerNames(enter: readonly string[], resolvers: Resolvers): Promise<Disposable> {
  const sockets = await openSocketsInside(enter, NAMES_OUTSIDE, DNS_PORT);
  relayNames(sockets, () => resolversNow(resolvers).catch(() => []));
  return {
    [Symbol.dispose]() {
      sockets.udp.close();
      sockets.tcp.close();
    },
  };
}

/** So that its status can show them. */
async function tellResolvers(runFolder: string, resolvers: Resolvers, signal: AbortSignal): Promise<void> {
  let told: string | undefined;
  while (!signal.aborted) {
    const text = (await resolversNow(resolvers)).map((address) => `nameserver ${address}\n`).join('');
    if (text !== told) await writeFileAtomic(outsideResolvers(runFolder).file, text, 0o600);
    told = text;
    await pause(LOOK_MS, signal);
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
