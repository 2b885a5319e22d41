import { AppError } from '../../lib/errors.ts';
import type { Subnets } from '../../quarantine/subnets.ts';
import { namesIn } from '../../sys/files/folders.ts';
import { readKernelFile } from '../../sys/files/kernel.ts';
import { type ProgramCall, runByShell, runCall } from '../../sys/programs/by-shell.ts';
import { type Ran, type RunOptions, run } from '../../sys/programs/exec.ts';
import { type ProcessId, processesInNamespace } from '../../sys/programs/processes.ts';
import { guestAddresses, type NetworkNames, ROUTER6, uplinkAddresses } from '../addresses.ts';

/** Where `ip netns` keeps what it made. */
const NAMESPACES = '/run/netns';
const FORWARDING = 'ipv4/ip_forward';
const FORWARDING6 = 'ipv6/conf/all/forwarding';
/** Whether what a router of a network says of it is believed. */
const ROUTERS_BELIEVED = ['ipv6/conf/all/accept_ra', 'ipv6/conf/default/accept_ra'];

/**
 * The words before a command that is to run in a namespace. Not `ip netns exec`, which gives the command mounts of
 * its own: a service started that way could not see the namespaces that an earlier one made.
 */
export function enterNamespace(namespace: string): readonly string[] {
  return ['nsenter', `--net=${namespaceFile(namespace)}`];
}

/** What stands for a namespace as long as it has a name. */
export function namespaceFile(namespace: string): string {
  return `${NAMESPACES}/${namespace}`;
}

/** As `run`, behind such words. */
export function runInside(
  enter: readonly string[],
  program: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<Ran> {
  return runCall(inside(enter, program, args), options);
}

/** A program behind such words, which may be none. */
export function inside(enter: readonly string[], program: string, args: readonly string[]): ProgramCall {
  const [first = program, ...rest] = [...enter, program];
  return { program: first, args: [...rest, ...args] };
}

/** The namespaces of machines, by name, of whatever service. */
export async function presentNamespaces(): Promise<string[]> {
  return (await namesIn(NAMESPACES)).filter((name) => name.startsWith('lazaret-'));
}

/** What a namespace is made for. */
export interface NamespaceUse {
  /** The machine’s number. */
  number: number;
  /** The user QEMU runs as. */
  uid: number;
  ipv6?: boolean;
  subnets: Subnets;
}

/**
 * Makes a machine’s namespace: a tap for its QEMU, which runs as `uid`, and an uplink to the namespace we are in.
 * Nothing is forwarded in it yet. What was made before a failure is the caller’s to remove.
 * @throws NETWORK_FAILED
 */
export async function createNamespace(
  names: NetworkNames,
  { number, uid, ipv6 = false, subnets }: NamespaceUse,
): Promise<void> {
  const { namespace, uplink } = names;
  const addresses = uplinkAddresses(number, subnets);
  const { gateway, gateway6 } = guestAddresses(subnets);
  await coded(`cannot make the namespace ${namespace}`, async () => {
    const closed = [FORWARDING, ...((await kernelHasIpv6()) ? [FORWARDING6, ...ROUTERS_BELIEVED] : [])];
    await runByShell([
      { program: 'ip', args: ['netns', 'add', namespace] },
      setting(namespace, closed, 0),
      setting(namespace, ['ipv4/conf/all/rp_filter'], 1),
      batch(
        [],
        [
          `link add ${uplink} type veth peer name up0 netns ${namespace}`,
          `address add ${addresses.host}/30 dev ${uplink}`,
          ...(ipv6 ? ipv6Link(uplink, `${addresses.host6}/126`) : []),
        ],
      ),
      batch(
        ['-n', namespace],
        [
          `tuntap add dev tap0 mode tap user ${uid}`,
          `address add ${gateway}/24 dev tap0`,
          ...(ipv6 ? ipv6Link('tap0', `${ROUTER6}/64`, `${gateway6}/64`) : []),
          'link set tap0 up',
          'link set lo up',
          `address add ${addresses.inside}/30 dev up0`,
          ...(ipv6 ? ipv6Link('up0', `${addresses.inside6}/126`) : []),
          'link set up0 up',
        ],
      ),
    ]);
  });
}

/** No link-local address but a given one, and none that has to wait until nobody else claims it. */
function ipv6Link(name: string, ...addresses: string[]): string[] {
  const adding = addresses.map((address) => `address add ${address} dev ${name} nodad`);
  return [`link set ${name} addrgenmode none`, ...adding];
}

/** Brings up the host’s end, which must be closed to the guest by then. @throws NETWORK_FAILED */
export async function connectNamespace({ namespace, uplink }: NetworkNames, use: NamespaceUse): Promise<void> {
  const { host, host6 } = uplinkAddresses(use.number, use.subnets);
  const routers = use.ipv6 ? [host, host6] : [host];
  const routes = routers.map((router) => `route add default via ${router}`);
  await coded(`cannot connect the namespace ${namespace}`, () =>
    runByShell([batch([], [`link set ${uplink} up`]), batch(['-n', namespace], routes)]),
  );
}

/** @throws NETWORK_FAILED */
export async function raiseLoopback(namespace: string): Promise<void> {
  await coded(`cannot use loopback in ${namespace}`, () => runCall(batch(['-n', namespace], ['link set lo up'])));
}

/** Lets the namespace pass packets on, of IPv6 where it `hasIpv6`; or none at all. Read back. @throws NETWORK_FAILED */
export async function setForwarding(namespace: string, isOpen: boolean, hasIpv6 = true): Promise<void> {
  const settings = hasIpv6 && (await kernelHasIpv6()) ? [FORWARDING, FORWARDING6] : [FORWARDING];
  const value = isOpen ? 1 : 0;
  const read = inside(enterNamespace(namespace), 'cat', settings.map(kernelFile));
  await coded(`cannot set forwarding in ${namespace}`, async () => {
    const [, found = ''] = await runByShell([setting(namespace, settings, value), read]);
    if (found !== settings.map(() => value).join('\n'))
      throw new AppError('NETWORK_FAILED', `its kernel has ${JSON.stringify(found)}`);
  });
}

/** Whether a machine’s namespace was made with an IPv6 network. */
export async function namespaceHasIpv6(namespace: string, subnets: Subnets): Promise<boolean> {
  if (!(await kernelHasIpv6())) return false;
  const { stdout } = await run('ip', ['-n', namespace, '-6', '-oneline', 'address', 'show', 'dev', 'tap0']);
  return stdout.includes(` ${guestAddresses(subnets).gateway6}/`);
}

async function kernelHasIpv6(): Promise<boolean> {
  return (await readKernelFile(`/proc/sys/net/${FORWARDING6}`)) !== undefined;
}

/** The processes that are in a namespace. */
export function processesInside(namespace: string): ProcessId[] {
  return processesInNamespace(namespaceFile(namespace));
}

/** Removes a namespace with its links, rules and flows; what is not there any more is no failure. @throws NETWORK_FAILED */
export async function removeNamespace({ namespace, uplink }: NetworkNames): Promise<void> {
  await coded(`cannot remove the namespace ${namespace}`, async () => {
    const hasUplink = (await readKernelFile(`/proc/sys/net/ipv4/conf/${uplink}/forwarding`)) !== undefined;
    const hasName = (await namesIn(NAMESPACES)).includes(namespace);
    const commands = [
      ...(hasUplink ? [`link delete ${uplink}`] : []),
      ...(hasName ? [`netns delete ${namespace}`] : []),
    ];
    if (commands.length > 0) await runCall(batch([], commands));
  });
}

function setting(namespace: string, settings: readonly string[], value: number): ProgramCall {
  return { ...inside(enterNamespace(namespace), 'tee', settings.map(kernelFile)), input: `${value}\n` };
}

function kernelFile(setting: string): string {
  return `/proc/sys/net/${setting}`;
}

/** Commands of ip(8) for one program, the first that fails being the last. */
function batch(args: readonly string[], commands: readonly string[]): ProgramCall {
  return { program: 'ip', args: [...args, '-batch', '-'], input: `${commands.join('\n')}\n` };
}

async function coded<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    throw new AppError('NETWORK_FAILED', `${what}: ${cause.message}`, { cause });
  }
}
