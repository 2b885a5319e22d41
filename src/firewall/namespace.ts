import { AppError } from '../lib/errors.ts';
import { type Ran, type RunOptions, run } from '../sys/exec.ts';
import { namesIn } from '../sys/folders.ts';
import { readKernelFile } from '../sys/kernel.ts';
import { type ProcessId, processOf } from '../sys/processes.ts';
import { GATEWAY, type NetworkNames, uplinkAddresses } from './addresses.ts';

/** Where `ip netns` keeps what it made. */
const NAMESPACES = '/run/netns';

/**
 * The words before a command that is to run in a namespace. Not `ip netns exec`, which gives the command mounts of
 * its own: a service started that way could not see the namespaces that an earlier one made.
 */
export function enterNamespace(namespace: string): readonly string[] {
  return ['nsenter', `--net=${NAMESPACES}/${namespace}`];
}

/** As `run`, behind such words. */
export function runInside(
  enter: readonly string[],
  program: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<Ran> {
  const [first = program, ...rest] = [...enter, program];
  return run(first, [...rest, ...args], options);
}

/** The namespaces of machines, by name, of whatever service. */
export async function presentNamespaces(): Promise<string[]> {
  return (await namesIn(NAMESPACES)).filter((name) => name.startsWith('lazaret-'));
}

/**
 * Makes a machine’s namespace: a tap for its QEMU, which runs as `uid`, and an uplink to the namespace we are in.
 * Nothing is forwarded in it yet. What was made before a failure is the caller’s to remove.
 * @throws NETWORK_FAILED
 */
export async function createNamespace(
  { namespace, uplink }: NetworkNames,
  { number, uid }: { number: number; uid: number },
): Promise<void> {
  const addresses = uplinkAddresses(number);
  const hasIpv6 = (await readKernelFile('/proc/sys/net/ipv6/conf/all/forwarding')) !== undefined;
  await coded(`cannot make the namespace ${namespace}`, async () => {
    await run('ip', ['netns', 'add', namespace]);
    await setForwarding(namespace, false);
    await setInside(namespace, ['ipv4/conf/all/rp_filter'], 1);
    if (hasIpv6) {
      const ipv6 = ['conf/all/forwarding', 'conf/all/accept_ra', 'conf/default/accept_ra'];
      await setInside(
        namespace,
        ipv6.map((path) => `ipv6/${path}`),
        0,
      );
    }
    await batch(
      [],
      [
        `link add ${uplink} type veth peer name up0 netns ${namespace}`,
        `address add ${addresses.host}/30 dev ${uplink}`,
      ],
    );
    await batch(
      ['-n', namespace],
      [
        `tuntap add dev tap0 mode tap user ${uid}`,
        `address add ${GATEWAY}/24 dev tap0`,
        'link set tap0 up',
        `address add ${addresses.inside}/30 dev up0`,
        'link set up0 up',
      ],
    );
  });
}

/** Brings up the host’s end, which must be closed to the guest by then. @throws NETWORK_FAILED */
export async function connectNamespace({ namespace, uplink }: NetworkNames, number: number): Promise<void> {
  await coded(`cannot connect the namespace ${namespace}`, async () => {
    await batch([], [`link set ${uplink} up`]);
    await batch(['-n', namespace], [`route add default via ${uplinkAddresses(number).host}`]);
  });
}

/** Lets the namespace pass packets on, or not. @throws NETWORK_FAILED */
export async function setForwarding(namespace: string, isOpen: boolean): Promise<void> {
  await coded(`cannot set forwarding in ${namespace}`, () => setInside(namespace, ['ipv4/ip_forward'], isOpen ? 1 : 0));
}

export async function isForwarding(namespace: string): Promise<boolean> {
  const { stdout } = await runInside(enterNamespace(namespace), 'cat', ['/proc/sys/net/ipv4/ip_forward']);
  return stdout.trim() === '1';
}

/** The processes that are in a namespace. */
export async function processesInside(namespace: string): Promise<ProcessId[]> {
  const { stdout } = await run('ip', ['netns', 'pids', namespace]);
  const pids = stdout.split('\n').filter(Boolean).map(Number);
  return pids.map(processOf).filter((process) => process !== undefined);
}

/** Removes a namespace with its links, rules and flows; what is not there any more is no failure. @throws NETWORK_FAILED */
export async function removeNamespace({ namespace, uplink }: NetworkNames): Promise<void> {
  await coded(`cannot remove the namespace ${namespace}`, async () => {
    if ((await readKernelFile(`/proc/sys/net/ipv4/conf/${uplink}/forwarding`)) !== undefined)
      await run('ip', ['link', 'delete', uplink]);
    if ((await namesIn(NAMESPACES)).includes(namespace)) await run('ip', ['netns', 'delete', namespace]);
  });
}

async function setInside(namespace: string, settings: readonly string[], value: number): Promise<void> {
  const files = settings.map((path) => `/proc/sys/net/${path}`);
  await runInside(enterNamespace(namespace), 'tee', files, { input: `${value}\n` });
}

async function batch(args: readonly string[], commands: readonly string[]): Promise<void> {
  await run('ip', [...args, '-batch', '-'], { input: `${commands.join('\n')}\n` });
}

async function coded<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    throw new AppError('NETWORK_FAILED', `${what}: ${cause.message}`, { cause });
  }
}
