import type { Lab } from '../../test/system/net/lab.ts';
import { until } from '../../test/system/net/until.ts';
import { addVpn, VPN_SERVER } from '../../test/system/net/vpn.ts';
import { type Figure, median } from '../table.ts';

const FLUSHES = 5;
const MENDED_MS = 1000;
const FOLLOWED_MS = 3000;

/** How long the computer’s rules are away after a flush, and when a guest reaches what a VPN leads to that has just come up. */
export async function hostChangeFigures(lab: Lab): Promise<Figure[]> {
  const guest = await lab.open();
  await lab.service.call('switchTo', lab.id, 'normal');
  const rules = () => lab.inHost('nft', 'list', 'tables');
  const away: number[] = [];
  for (let count = 0; count < FLUSHES; count += 1) {
    const began = performance.now();
    lab.inHost('nft', 'flush', 'ruleset');
    await until(() => rules().includes('lazaret_host'));
    away.push(performance.now() - began);
  }
  await addVpn(lab);
  const up = performance.now();
  await until(async () => (await guest.call('connect', VPN_SERVER, 8000, 100)) === 'open');
  const followedMs = performance.now() - up;
  const worstMs = Math.max(...away);
  return [
    {
      what: 'the computer’s rules are back after a flush',
      measured: `${Math.round(median(away))} ms, at worst ${Math.round(worstMs)} (n = ${FLUSHES})`,
      target: `≤ ${MENDED_MS} ms`,
      met: worstMs <= MENDED_MS,
    },
    {
      what: 'a VPN that comes up is followed',
      measured: `${Math.round(followedMs)} ms`,
      target: `≤ ${FOLLOWED_MS} ms`,
      met: followedMs <= FOLLOWED_MS,
    },
  ];
}
