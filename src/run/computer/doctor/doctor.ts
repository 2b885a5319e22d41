import { findStopper, waysThrough } from '../../../firewall/machine/host/foreign-rules.ts';
import type { CommandWords } from '../../../lib/command-words.ts';
import { AppError } from '../../../lib/errors.ts';
import { isThere } from '../../../sys/files/files.ts';
import { findUefiFirmware } from '../../../sys/files/uefi-firmware.ts';
import { askUnix } from '../../../sys/http/http-client.ts';
import { OWN_RESOLVERS, resolversNow } from '../../../sys/names/resolver.ts';
import { hasProgram, run } from '../../../sys/programs/exec.ts';
import { groupNamed } from '../../../sys/programs/users.ts';
import { machineUsers } from '../../machine/host/users.ts';
import { checkFacts, type ServiceFacts } from './doctor-facts.ts';
import { checkKernel } from './doctor-kernel.ts';
import { lookAtNetworkManager } from './doctor-links.ts';
import { installing } from './doctor-mend.ts';
import { lookAtMicrophone } from './doctor-microphone.ts';
import { checkPrograms } from './doctor-programs.ts';
import { checkRootless } from './doctor-rootless.ts';

/** One thing a computer must have, and what to do where it has not. */
export interface Check {
  what: string;
  ok: boolean;
  remedy: string;
  /** What is to be known of it although it will do. */
  note?: string;
  /** What root can run about it, one after the other. */
  mend?: readonly CommandWords[];
}

interface Asked {
  /** The service’s. */
  socket: string;
  /** What it says; where it does not answer, where its machines would be. */
  facts: ServiceFacts;
  now: number;
  group?: string;
}

/**
 * Looks for all that machines need of this computer; each check says what to do where it fails. Root is told what the computer’s
 * service needs, anybody else what one of his own would, and whether he may use the computer’s.
 */
export async function checkComputer({ socket, facts, now, group = 'lazaret' }: Asked): Promise<Check[]> {
  return [
    ...(await checkPrograms()),
    ...(await lookAtMicrophone()),
    {
      what: 'firmware for machines that start by UEFI',
      ok: (await findUefiFirmware()) !== undefined,
      remedy: 'install the package ovmf',
      mend: installing('ovmf'),
    },
    {
      what: 'names of protocols, for the packet filter',
      ok: await isThere('/etc/protocols'),
      remedy: 'install the package netbase',
      mend: installing('netbase'),
    },
    ...(process.getuid?.() === 0 ? await checkRoot(group) : await checkRootless(works)),
    {
      what: 'confinement of plug-ins',
      ok: await works('bwrap', ['--unshare-pid', '--ro-bind', '/', '/', '--proc', '/proc', 'true']),
      remedy: 'run as root, and not in a container that forbids mounts',
    },
    {
      what: 'DNS servers that this computer asks, for its machines too',
      ok: (await resolversNow(OWN_RESOLVERS)).length > 0,
      remedy: 'name a DNS server in /etc/resolv.conf, or start lazaretd with --resolver',
    },
    await checkService(socket, group),
    ...(await checkFacts(facts, now)),
  ];
}

async function checkRoot(group: string): Promise<Check[]> {
  const ruleset = await foreignRules();
  const stopped = findStopper(ruleset);
  return [
    { what: 'users of their own for machines', ok: machineUsers(0) !== undefined, remedy: 'run the service as root' },
    ...(await checkKernel(works)),
    ...(await lookAtNetworkManager()),
    {
      what: 'other firewalls let machines through',
      ok: stopped === undefined,
      remedy: `${stopped?.program} stops what machines send; let it through: ${stopped?.command}`,
      mend: waysThrough(ruleset),
    },
    {
      what: `the group ${group}`,
      ok: true,
      remedy: '',
      ...((await groupNamed(group)) ? {} : { note: noGroup(group), mend: [['groupadd', '--system', group]] as const }),
    },
  ];
}

function noGroup(group: string): string {
  const make = `groupadd --system ${group}, usermod -aG ${group} USER, then start the service anew`;
  return `there is none, so only root may use the service: ${make}`;
}

async function checkService(socket: string, group: string): Promise<Check> {
  const what = 'the service answers';
  try {
    const { status, lines } = await askUnix(socket, { method: 'GET', path: '/v1/status' });
    await lines.return(undefined);
    return { what, ok: status === 200, remedy: 'start the service anew: lazaretd' };
  } catch (error) {
    if (!(error instanceof AppError && error.code.startsWith('DAEMON_'))) throw error;
    return { what, ok: false, remedy: serviceRemedy(error, group) };
  }
}

function serviceRemedy({ code, message }: AppError, group: string): string {
  if (code === 'DAEMON_DENIED')
    return `you may not use it: be in the group ${group} (as root: usermod -aG ${group} USER), and log on anew`;
  if (code === 'DAEMON_HANGS_UP')
    return `${message}: end commands and pages that watch or show machines, it takes only so many connections`;
  return 'start the service: lazaretd as root, or your own: lazaretd --rootless';
}

/** All rules of this computer, among which another program’s may drop what is forwarded: an accept of ours does not overrule that. */
async function foreignRules(): Promise<string> {
  if (!hasProgram('nft')) return '';
  try {
    return (await run('nft', ['-t', 'list', 'ruleset'])).stdout;
  } catch (error) {
    if (error instanceof AppError && error.code === 'PROGRAM_FAILED') return '';
    throw error;
  }
}

async function works(program: string, args: readonly string[], input?: string): Promise<boolean> {
  try {
    await run(program, args, input === undefined ? {} : { input });
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('PROGRAM_')) return false;
    throw error;
  }
}
