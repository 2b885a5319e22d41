import type { Lab } from './lab.ts';

export const VPN_SERVER = '10.9.0.2';

/**
 * A link that comes up as a VPN’s does: its routes stand in a table of their own, to which a rule leads. At its far end the
 * server of updates listens on port 8000.
 */
export async function addVpn(lab: Lab): Promise<void> {
  const far = lab.peer('updates');
  await far.call('listenTcp', 8000);
  const there = lab.namespace('updates');
  lab.inHost('ip', 'link', 'add', 'vpn0', 'type', 'veth', 'peer', 'name', 'vpn1', 'netns', there);
  lab.inHost('ip', '-n', there, 'address', 'add', `${VPN_SERVER}/24`, 'dev', 'vpn1');
  lab.inHost('ip', '-n', there, 'link', 'set', 'vpn1', 'up');
  lab.inHost('ip', 'address', 'add', '10.9.0.1/32', 'dev', 'vpn0');
  lab.inHost('ip', 'link', 'set', 'vpn0', 'up');
  lab.inHost('ip', 'route', 'add', '10.9.0.0/24', 'dev', 'vpn0', 'src', '10.9.0.1', 'table', '77');
  lab.inHost('ip', 'rule', 'add', 'to', '10.9.0.0/24', 'lookup', '77', 'priority', '1000');
}
