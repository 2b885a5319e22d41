import { AppError } from '../../lib/errors.ts';
import { isThere } from '../../sys/files/files.ts';
import { askUnix } from '../../sys/network/http-client.ts';
import { upstreamResolvers } from '../../sys/network/resolver.ts';
import { hasProgram, run } from '../../sys/programs/exec.ts';
import { findUefiFirmware } from '../../sys/uefi-firmware.ts';
import { machineUsers } from '../machine/users.ts';

/** One thing a computer must have, and what to do where it has not. */
export interface Check {
  what: string;
  ok: boolean;
  remedy: string;
}

const PROGRAMS = [
  { name: 'qemu-system-x86_64', from: 'qemu-system-x86' },
  { name: 'qemu-img', from: 'qemu-utils' },
  { name: 'nft', from: 'nftables' },
  { name: 'ip', from: 'iproute2' },
  { name: 'dnsmasq', from: 'dnsmasq-base' },
  { name: 'nsenter', from: 'util-linux' },
  { name: 'setpriv', from: 'util-linux' },
  { name: 'flock', from: 'util-linux' },
  { name: 'perl', from: 'perl-base' },
  { name: 'bwrap', from: 'bubblewrap' },
];

/** Looks for all that machines need of this computer; each check says what to do where it fails. */
export async function checkComputer(socket: string): Promise<Check[]> {
  const programs = PROGRAMS.map(({ name, from }) => ({
    what: `program ${name}`,
    ok: hasProgram(name),
    remedy: `install the package ${from}`,
  }));
  return [
    ...programs,
    {
      what: 'firmware for machines that start by UEFI',
      ok: (await findUefiFirmware()) !== undefined,
      remedy: 'install the package ovmf',
    },
    { what: 'users of their own for machines', ok: machineUsers(0) !== undefined, remedy: 'run the service as root' },
    {
      what: 'network devices for machines',
      ok: await isThere('/dev/net/tun'),
      remedy: 'load the kernel’s tun driver: modprobe tun',
    },
    {
      what: 'packet filter',
      ok: await works('nft', ['list', 'tables']),
      remedy: 'run as root on a kernel with nf_tables',
    },
    {
      what: 'confinement of plug-ins',
      ok: await works('bwrap', ['--unshare-pid', '--ro-bind', '/', '/', '--proc', '/proc', 'true']),
      remedy: 'run as root, and not in a container that forbids mounts',
    },
    {
      what: 'other firewalls let machines through',
      ok: !(await hasForeignDrop()),
      remedy: 'let packets from and to lz-* through in the firewall’s forward chain',
    },
    {
      what: 'DNS servers that machines can reach',
      ok: (await upstreamResolvers()).length > 0,
      remedy: 'name a DNS server other than loopback, or start lazaretd with --resolver',
    },
    { what: 'the service answers', ok: await answers(socket), remedy: 'start the service: lazaretd' },
  ];
}

/** Whether another table drops what is forwarded, which an accept of ours does not overrule. */
async function hasForeignDrop(): Promise<boolean> {
  if (!hasProgram('nft')) return false;
  try {
    const { stdout } = await run('nft', ['list', 'chains']);
    const tables = stdout.split(/^table /m).filter((table) => !table.startsWith('inet lazaret'));
    return tables.some((table) => /hook forward [^;]*; policy drop/.test(table));
  } catch (error) {
    if (error instanceof AppError && error.code === 'PROGRAM_FAILED') return false;
    throw error;
  }
}

async function works(program: string, args: readonly string[]): Promise<boolean> {
  try {
    await run(program, args);
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('PROGRAM_')) return false;
    throw error;
  }
}

async function answers(socket: string): Promise<boolean> {
  try {
    const { status, lines } = await askUnix(socket, { method: 'GET', path: '/v1/status' });
    await lines.return(undefined);
    return status === 200;
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('DAEMON_')) return false;
    throw error;
  }
}
