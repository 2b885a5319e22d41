import { hostRules } from '../../../firewall/machine/host/forwarding-rules.ts';
import type { CommandWords } from '../../../lib/command-words.ts';
import { isThere } from '../../../sys/files/files.ts';
import { readKernelFile } from '../../../sys/files/kernel.ts';
import type { Check } from './doctor.ts';

const RESTART =
  'the modules of the kernel that runs are not on the disk, as after an upgrade of the kernel: restart this computer';
const FILTER = ['nf_tables', 'nft_ct', 'nft_chain_nat', 'nft_masq', 'nft_reject_inet', 'nft_connlimit'];
/** Made and gone in a namespace of its own. */
const LINK = ['--net', 'ip', 'link', 'add', 'lz-a', 'type', 'veth', 'peer', 'name', 'lz-b'];

type Works = (program: string, args: readonly string[], input?: string) => Promise<boolean>;

/** Whether the kernel has what machines’ networks are made of. `works` tries a command. */
export async function checkKernel(works: Works, areGone = areModulesGone): Promise<Check[]> {
  const isGone = await areGone();
  const part = (what: string, ok: boolean, remedy: string, ...mend: CommandWords[]): Check =>
    isGone ? { what, ok, remedy: RESTART } : { what, ok, remedy, mend };
  return [
    part('network devices for machines', await isThere('/dev/net/tun'), 'load the kernel’s tun driver: modprobe tun', [
      'modprobe',
      'tun',
    ]),
    part(
      'links between machines and this computer',
      await works('unshare', LINK),
      'load the kernel’s veth driver: modprobe veth',
      ['modprobe', 'veth'],
    ),
    // Tried, and not put in force: a filter that is there may lack a part.
    part(
      'packet filter',
      await works('nft', ['-c', '-f', '-'], hostRules({ raised: [] })),
      `run as root on a kernel with ${FILTER.join(', ')}`,
      ['modprobe', '-a', ...FILTER],
    ),
  ];
}

/** A kernel that loads modules finds none of its release. */
async function areModulesGone(): Promise<boolean> {
  const release = await readKernelFile('/proc/sys/kernel/osrelease');
  const loads = (await readKernelFile('/proc/modules')) !== undefined;
  return loads && release !== undefined && !(await isThere(`/lib/modules/${release}`));
}
