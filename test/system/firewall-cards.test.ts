import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { countBehind } from './net/forged.ts';
import { MAC, udpFrame } from './net/frames.ts';
import { Lab, SERVERS, SERVERS6, whyNot } from './net/lab.ts';
import { only } from './net/lists.ts';
import { NEXT, packet6, udp6 } from './net/packets6.ts';
import { until } from './net/until.ts';

const skip = whyNot();
const SECOND = '56:54:00:aa:bb:01';
/** Behind everything else that is sent: once it has come, all has. */
const LAST_PORT = 99;

/** What a guest’s cards may say to a server, honest or not: each card with each address. */
function datagrams(card: string, server: keyof typeof SERVERS & keyof typeof SERVERS6): Buffer[] {
  const [to, to6] = [SERVERS[server], SERVERS6[server]];
  return [MAC, SECOND].flatMap((mac) => [
    ...['10.77.0.2', '10.77.0.3'].map((from) => udpFrame({ to, toPort: 9, mac, from }, card)),
    ...['fd77::2', 'fd77::3'].map((from) =>
      packet6({ from, to: to6, next: NEXT.udp, payload: udp6(4000, 9, to6, from), mac, card }),
    ),
  ]);
}

async function labWithCards(t: TestContext, furtherMacs: string[]) {
  const lab = Lab.start(t);
  lab.addIpv6();
  for (const name of ['updates', 'intranet'] as const) await lab.server(name).call('sinkUdp', 9);
  await lab.open({ ipv6: true, furtherMacs, restricted: only(SERVERS.updates, SERVERS6.updates) });
  lab.configureIpv6();
  const card = lab.inMachine('ip', '-o', 'link', 'show', 'tap0').match(/link\/ether (\S+)/)?.[1] ?? '';
  return { lab, card };
}

test('every card of a machine is under the one decision, whichever of its addresses it sends with, in both families', {
  skip,
}, async (t) => {
  const { lab, card } = await labWithCards(t, [SECOND]);
  const counted = countBehind(lab.enter, [`udp dport ${LAST_PORT}`]);
  let rounds = 0;
  const arrived = async () => {
    const last = udpFrame({ to: SERVERS.updates, toPort: LAST_PORT }, card);
    await lab.sendFrames([...datagrams(card, 'updates'), ...datagrams(card, 'intranet'), last]);
    rounds += 1;
    await until(() => counted().at(-1) === rounds);
    await sleep(300);
    const count = async (name: 'updates' | 'intranet') => (await lab.server(name).call('sunk')).length;
    return [await count('updates'), await count('intranet')];
  };

  const atFirst = await arrived();
  await lab.service.call('switchTo', lab.id, 'restricted');
  const restricted = await arrived();
  await lab.service.call('switchTo', lab.id, 'normal');
  const normal = await arrived();
  await lab.service.call('switchTo', lab.id, 'restricted');
  const again = await arrived();
  await lab.service.call('switchTo', lab.id, 'refuse');
  const refused = await arrived();

  assert.deepEqual(
    { atFirst, restricted, normal, again, refused },
    {
      ...{ atFirst: [0, 0], restricted: [8, 0], normal: [8, 8], again: [8, 0], refused: [0, 0] },
    },
  );
});

test('a card that a machine has not is nobody’s, and neither is the address that it would have', {
  skip,
}, async (t) => {
  const { lab, card } = await labWithCards(t, []);
  await lab.service.call('switchTo', lab.id, 'normal');
  const counted = countBehind(lab.enter, [
    `ether saddr ${SECOND}`,
    'ip saddr 10.77.0.3',
    'ip6 saddr fd77::3',
    `udp dport ${LAST_PORT}`,
  ]);

  await lab.sendFrames([...datagrams(card, 'intranet'), udpFrame({ to: SERVERS.updates, toPort: LAST_PORT }, card)]);
  await until(() => counted().at(-1) === 1);

  assert.deepEqual(counted(), [0, 0, 0, 1]);
});
