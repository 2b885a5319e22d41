import { AppError } from '../../../lib/errors.ts';
import { namesIn } from '../../../sys/files/folders.ts';
import { readKernelFile, writeKernelFile } from '../../../sys/files/kernel.ts';
import { run } from '../../../sys/programs/exec.ts';

const FOLDER = '/proc/sys/net/ipv6/conf';
const INTERFACE = /^[^\s/"]{1,15}$/;

/** What a computer that passed no IPv6 packets on had set, by the names of its interfaces (`default` is one of them). */
export interface Ipv6Before {
  /** Those whose own flag was up all the same. */
  forwarding: string[];
  /** Those that took router advertisements as long as they did not pass packets on. */
  acceptRa: string[];
}

/** Whether anything can be reached over IPv6 from here, but for the machines. @throws NETWORK_FAILED */
export async function hasIpv6Routes(): Promise<boolean> {
  if ((await readKernelFile(`${FOLDER}/all/forwarding`)) === undefined) return false;
  const { stdout } = await run('ip', ['-6', 'route', 'show', 'table', 'all']);
  return stdout
    .split('\n')
    .some(
      (line) =>
        line !== '' &&
        !/^(fe80|ff|multicast|anycast|local|unreachable|blackhole|prohibit)|\bdev (lo|lz-\S+)\b/.test(line),
    );
}

/** What `routeIpv6` is about to change; undefined when the computer passes IPv6 packets on already. */
export async function readIpv6Before(): Promise<Ipv6Before | undefined> {
  if ((await readKernelFile(`${FOLDER}/all/forwarding`)) !== '0') return undefined;
  const before: Ipv6Before = { forwarding: [], acceptRa: [] };
  for (const name of (await namesIn(FOLDER)).filter((each) => each !== 'all' && !each.startsWith('lz-'))) {
    if ((await readKernelFile(`${FOLDER}/${name}/forwarding`)) === '1') before.forwarding.push(name);
    else if ((await readKernelFile(`${FOLDER}/${name}/accept_ra`)) === '1') before.acceptRa.push(name);
  }
  return before;
}

/**
 * Makes the computer pass IPv6 packets on, which kernels can do for all interfaces only. First those that take router
 * advertisements are told to go on doing so, or the computer would lose its own routes. What holds for interfaces to come
 * is left as it was: by that we see that somebody else asks for the same (`isIpv6Wanted`).
 */
export async function routeIpv6({ acceptRa, forwarding }: Ipv6Before): Promise<void> {
  for (const name of acceptRa) await writeKernelFile(`${FOLDER}/${name}/accept_ra`, '2');
  if ((await readKernelFile(`${FOLDER}/all/forwarding`)) === '1') return;
  await writeKernelFile(`${FOLDER}/all/forwarding`, '1');
  if (!forwarding.includes('default')) await writeKernelFile(`${FOLDER}/default/forwarding`, '0');
}

/** Whether somebody else has asked since for what we turned on: that raises the flag of interfaces to come, which we left. */
export async function isIpv6Wanted({ forwarding }: Ipv6Before): Promise<boolean> {
  if ((await readKernelFile(`${FOLDER}/all/forwarding`)) !== '1') return false;
  return !forwarding.includes('default') && (await readKernelFile(`${FOLDER}/default/forwarding`)) === '1';
}

/** Puts back what was before. */
export async function restoreIpv6({ forwarding, acceptRa }: Ipv6Before): Promise<void> {
  await writeKernelFile(`${FOLDER}/all/forwarding`, '0');
  for (const name of forwarding) await writeKernelFile(`${FOLDER}/${name}/forwarding`, '1');
  for (const name of acceptRa) await writeKernelFile(`${FOLDER}/${name}/accept_ra`, '1');
}

/** Readies an uplink for a machine with IPv6, or closes it to IPv6. */
export async function setIpv6Uplink(uplink: string, ipv6: boolean): Promise<void> {
  if (!ipv6) {
    await writeKernelFile(`${FOLDER}/${uplink}/disable_ipv6`, '1');
    return;
  }
  await writeKernelFile(`${FOLDER}/${uplink}/accept_ra`, '0');
  if (!(await writeKernelFile(`${FOLDER}/${uplink}/forwarding`, '1')))
    throw new AppError('NETWORK_FAILED', `the uplink ${uplink} has gone`);
}

/** Reads the note of an earlier service. @throws NETWORK_FAILED when it is none */
export function parseIpv6Before(value: unknown): Ipv6Before | undefined {
  if (value === undefined) return undefined;
  const { forwarding, acceptRa }: { forwarding?: unknown; acceptRa?: unknown } = Object(value);
  if (!areInterfaces(forwarding) || !areInterfaces(acceptRa))
    throw new AppError('NETWORK_FAILED', 'what is known of the computer’s IPv6 settings cannot be read');
  return { forwarding, acceptRa };
}

function areInterfaces(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string' && INTERFACE.test(name));
}
