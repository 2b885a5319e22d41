import { writeFileSync } from 'node:fs';
import { type Lab, SERVERS } from '../../test/system/net/lab.ts';
import { only } from '../../test/system/net/lists.ts';
import { until } from '../../test/system/net/until.ts';
import { type Figure, median } from '../table.ts';

const NAMES = 200;
const BARE_PORT = 5399;
const AT_MOST_MS = 5;

/**
 * The first answer to a listed name from the machine’s helper, which writes the set first, in turns with a dnsmasq that asks
 * the same resolver and writes nothing. That one stands one link further from the guest.
 */
export async function nameFigure(lab: Lab): Promise<Figure> {
  const names = Array.from({ length: NAMES }, (_, i) => `n${i}.test`);
  await lab.serveNames('outside', Object.fromEntries(names.map((name, i) => [name, `192.0.2.${(i % 250) + 1}`])));
  const conf = `${lab.folder}/bare.conf`;
  const servers = names.map((name) => `server=/${name}/${SERVERS.outside}`).join('\n');
  writeFileSync(
    conf,
    `port=${BARE_PORT}\nuser=root\nno-resolv\nno-hosts\npid-file=\nlog-facility=/dev/null\n${servers}\n`,
  );
  lab.run(lab.inside('outside'), 'dnsmasq', ['-k', `--conf-file=${conf}`]);
  const listed = only(...names, `${SERVERS.outside} udp ${BARE_PORT}`);
  const guest = await lab.open({ resolvers: [SERVERS.outside], restricted: listed });
  await lab.service.call('switchTo', lab.id, 'restricted');
  const bare = `${SERVERS.outside}:${BARE_PORT}`;
  await until(async () => (await guest.call('resolve', 'other.test', bare, 500)) === 'EREFUSED');
  const ask = async (name: string, server: string) => {
    const began = performance.now();
    const answer = await guest.call('resolve', name, server);
    if (!Array.isArray(answer)) throw new Error(`${server} says ${answer} of ${name}`);
    return performance.now() - began;
  };
  const times: Record<'ours' | 'bare', number[]> = { ours: [], bare: [] };
  for (const name of names) {
    times.ours.push(await ask(name, '10.77.0.1'));
    times.bare.push(await ask(name, bare));
  }
  const [ours, without] = [median(times.ours), median(times.bare)];
  return {
    what: 'a name’s first answer, set written before it, against a dnsmasq without sets',
    measured: `${(ours - without).toFixed(1)} ms later (${ours.toFixed(1)}, ${without.toFixed(1)} ms; medians, n = ${NAMES})`,
    target: `≤ ${AT_MOST_MS} ms later`,
    met: ours - without <= AT_MOST_MS,
  };
}
