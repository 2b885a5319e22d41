import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Remote } from './net/calls.ts';
import { Lab, SERVERS, whyNot } from './net/lab.ts';
import { everything, only } from './net/lists.ts';
import { until } from './net/until.ts';

const ROUNDS = 100;
/** How long the machine stays closed, so that what leaks has the time to arrive. */
const CLOSED_MS = 60;
const [ECHO, PUSHING] = [8000, 8001];
const RESTRICTED = only(`${SERVERS.updates} tcp ${ECHO}-${PUSHING}`);

type Datagram = [sentMs: number, arrivedMs: number];
/** Flows to one server: asked and answered, pushed by the server, pushed by the guest. */
type Flows = Record<'asked' | 'pushed' | 'pushing', number>;

test('100 times closed, by a switch or by other lists: nothing forbidden passes afterwards, what is allowed lives', {
  skip: whyNot(),
}, async (t) => {
  const lab = Lab.start(t);
  for (const name of ['updates', 'intranet'] as const) {
    await lab.server(name).call('listenTcp', ECHO);
    await lab.server(name).call('listenTcp', PUSHING, 10);
  }
  const sink = lab.server('intranet');
  await sink.call('sinkUdp', 9000, true);
  const guest = await lab.open({ restricted: RESTRICTED });
  await lab.service.call('switchTo', lab.id, 'normal');
  await guest.call('startFlood', SERVERS.intranet, 9000);
  const arrived: Record<'out' | 'in', Datagram[]> = { out: [], in: [] };
  const bothPassSince = async (sinceMs: number) => {
    arrived.out.push(...(await sink.call('sunk')));
    arrived.in.push(...(await guest.call('sunk')));
    return [arrived.out, arrived.in].every((ofWay) => (ofWay.at(-1)?.[0] ?? 0) > sinceMs);
  };
  const closed: [fromMs: number, toMs: number][] = [];
  let slowestCutMs = 0;
  await until(() => bothPassSince(0));
  let allowed = await openFlows(guest, SERVERS.updates);

  for (let round = 0; round < ROUNDS; round += 1) {
    const way = wayOf(round);
    const forbidden = await openFlows(guest, SERVERS.intranet);
    await sink.call('cuts');
    const { doneMs } = await way.close(lab);
    const heard = (await guest.call('flowState', allowed.pushed)).received;

    assert.equal(await guest.call('useFlow', forbidden.asked, true), 'ECONNRESET');
    assert.equal(await guest.call('connect', SERVERS.intranet, ECHO), 'ECONNREFUSED');
    const cutMs = [await cutAtGuest(guest, forbidden.pushing), await cutAtServer(sink)];
    slowestCutMs = Math.max(slowestCutMs, ...cutMs.map((at) => at - doneMs));
    const silent = (await guest.call('flowState', forbidden.pushed)).received;
    await sleep(CLOSED_MS);
    assert.equal((await guest.call('flowState', forbidden.pushed)).received, silent);
    if (!way.keeps) allowed = { asked: -1, pushed: -1, pushing: -1 };
    else await areAlive(guest, allowed, heard);

    const { beganMs } = await way.open(lab);
    closed.push([doneMs, beganMs]);
    await until(() => bothPassSince(beganMs));
    if (!way.keeps) allowed = await openFlows(guest, SERVERS.updates);
  }

  const leaked = [...arrived.out, ...arrived.in].filter(([sentMs, arrivedMs]) =>
    closed.some(([fromMs, toMs]) => sentMs > fromMs && arrivedMs < toMs),
  );
  const counts = `${arrived.out.length} datagrams out and ${arrived.in.length} in arrived, ${leaked.length} of them forbidden`;
  t.diagnostic(`${counts}; a forbidden flow was cut after ${slowestCutMs.toFixed(0)} ms at the latest`);
  assert.equal(leaked.length, 0);
});

/** How a round closes the intranet and opens it again; `keeps` says whether the update server stays open. */
function wayOf(round: number) {
  const to = (mode: string) => (lab: Lab) => lab.service.call('switchTo', lab.id, mode);
  const lists = (normal: typeof everything) => (lab: Lab) =>
    lab.service.call('changeLists', lab.id, normal, RESTRICTED);
  if (round % 10 === 9) return { keeps: true, close: lists(RESTRICTED), open: lists(everything) };
  if (round % 10 === 4) return { keeps: false, close: to('refuse'), open: to('normal') };
  return { keeps: true, close: to('restricted'), open: to('normal') };
}

async function openFlows(guest: Remote, server: string): Promise<Flows> {
  const flows = {
    asked: await guest.call('openFlow', server, ECHO),
    pushed: await guest.call('openFlow', server, PUSHING),
    pushing: await guest.call('openFlow', server, ECHO, 10),
  };
  for (const flow of Object.values(flows))
    assert.equal(await guest.call('useFlow', flow, flow === flows.asked), 'alive');
  return flows;
}

async function areAlive(guest: Remote, { asked, pushed, pushing }: Flows, heard: number): Promise<void> {
  assert.equal(await guest.call('useFlow', asked, true), 'alive');
  for (const flow of [pushed, pushing]) assert.equal(await guest.call('useFlow', flow, false), 'alive');
  assert.ok((await guest.call('flowState', pushed)).received > heard);
}

async function cutAtGuest(guest: Remote, flow: number): Promise<number> {
  await until(async () => (await guest.call('flowState', flow)).failure === 'ECONNRESET');
  return (await guest.call('flowState', flow)).failedMs;
}

/** Nobody but the server can tell that its own connection was reset: the guest only listens. */
async function cutAtServer(server: Remote): Promise<number> {
  let cuts: [port: number, atMs: number][] = [];
  await until(async () => {
    cuts = [...cuts, ...(await server.call('cuts'))];
    return cuts.some(([port]) => port === PUSHING);
  });
  return cuts.find(([port]) => port === PUSHING)?.[1] ?? Number.NaN;
}
