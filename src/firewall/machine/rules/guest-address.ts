import { run } from '../../../sys/programs/exec.ts';

/**
 * Asks the guest, by ARP, whether it has its address, and gives whether it has answered what it was asked before: both by one program,
 * for a guest that boots is asked often. Without being asked the kernel knows only what dnsmasq told it when it offered the address,
 * which is before the guest has it. @throws PROGRAM_FAILED when the network has gone
 */
export async function askGuest(namespace: string, guest: string, mac: string): Promise<boolean> {
  const commands = [
    `neighbour show to ${guest} dev tap0`,
    `neighbour replace ${guest} lladdr ${mac} dev tap0 nud probe`,
  ];
  const { stdout } = await run('ip', ['-n', namespace, '-batch', '-'], { input: `${commands.join('\n')}\n` });
  return stdout.trim().endsWith(' REACHABLE');
}
