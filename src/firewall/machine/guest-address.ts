import { run } from '../../sys/programs/exec.ts';

/**
 * Asks the guest, by ARP, whether it has its address; `hasAnswered` says it. Without being asked the kernel knows only what
 * dnsmasq told it when it offered the address, which is before the guest has it. @throws PROGRAM_FAILED when the network has gone
 */
export async function askGuest(namespace: string, guest: string, mac: string): Promise<void> {
  const entry = [guest, 'lladdr', mac, 'dev', 'tap0', 'nud', 'probe'];
  await run('ip', ['-n', namespace, 'neighbour', 'replace', ...entry]);
}

/** Whether the guest has answered lately. @throws PROGRAM_FAILED when the network has gone */
export async function hasAnswered(namespace: string, guest: string): Promise<boolean> {
  const { stdout } = await run('ip', ['-n', namespace, 'neighbour', 'show', 'to', guest, 'dev', 'tap0']);
  return stdout.trim().endsWith(' REACHABLE');
}
