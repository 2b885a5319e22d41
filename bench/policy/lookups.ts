import { once } from 'node:events';
import { readFileSync, utimesSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Nginx, noNginx } from '../../lab/nginx.ts';
import { putInFolder } from '../../src/servers/folder.ts';
import { publicationIn, TIMESTAMP } from '../../src/servers/publication.ts';
import { type Ends, scratch } from '../../test/fakes/made-project.ts';
import { policyComputer } from '../../test/fakes/policy-computer.ts';
import type { Figure } from '../table.ts';

const COMPUTERS = 10_000;
const INTERVAL_S = 300;
/** The 10,000 look-ups of five minutes, in a tenth of that time. */
const SECONDS = 30;
const BURST_S = 5;
const AT_ONCE = 64;
const CLOCK_TICKS = 100;

/**
 * What 10,000 computers that look up every five minutes cost an nginx with one worker. Bytes are counted by nginx, of look-ups
 * that the real client made; the load is what that client sends while nothing changes, each time over a connection of its own.
 */
export async function lookupFigures(): Promise<Figure[]> {
  if (noNginx !== false) throw new Error(noNginx);
  await using made = new AsyncDisposableStack();
  const t: Ends = { after: (work) => made.defer(async () => void (await work())) };
  const computer = await policyComputer(t);
  const folder = scratch(t);
  let hoursAgo = 3;
  const put = async () => {
    await computer.project.deploy();
    await putInFolder(await publicationIn(computer.published), folder);
    // As servers have it whose deploys are hours apart, and not milliseconds.
    const at = new Date(Date.now() - hoursAgo-- * 3_600_000);
    utimesSync(join(folder, TIMESTAMP), at, at);
  };
  await put();
  const bytes = await lookUpBytes(computer, folder, put);
  return [...bytes, ...(await loadFigures(folder))];
}

/** The first look-up of a computer, one without news, and one after a deploy. */
async function lookUpBytes(
  computer: Awaited<ReturnType<typeof policyComputer>>,
  folder: string,
  put: () => Promise<void>,
): Promise<Figure[]> {
  await using nginx = await Nginx.start(folder);
  const [store, owner] = [computer.open(), computer.owner(nginx.address)];
  const counted = async (requests: number) => {
    await store.lookUp(owner, Date.now());
    const found = await nginx.requests(requests);
    const sum = (of: 'bytes' | 'sent') => found.reduce((total, one) => total + one[of], 0);
    return { requests: found.length, received: sum('bytes'), sent: sum('sent') };
  };
  const first = await counted(6);
  await counted(1);
  const same = await counted(1);
  await put();
  const news = await counted(7);
  const text = ({ requests, received, sent }: typeof same) =>
    `${requests} request${requests === 1 ? '' : 's'}, ${received} bytes received, ${sent} sent`;
  return [
    { what: 'look-up without news', measured: text(same), target: '1 request', met: same.requests === 1 },
    { what: 'look-up after a deploy', measured: text(news), target: '', met: true },
    { what: 'first look-up', measured: text(first), target: '', met: true },
  ];
}

async function loadFigures(folder: string): Promise<Figure[]> {
  await using nginx = await Nginx.start(folder, { log: false });
  const url = `${nginx.address}/${TIMESTAMP}`;
  const etag = (await get(url)).headers.etag ?? '';
  const before = cpuSeconds(nginx.pid);
  const waits: number[] = [];
  await spread(COMPUTERS, SECONDS, async () => {
    const began = performance.now();
    const { statusCode } = await get(url, etag);
    if (statusCode !== 304) throw new Error(`nginx answered ${statusCode}`);
    waits.push(performance.now() - began);
  });
  const used = cpuSeconds(nginx.pid) - before;
  const burst = await saturated(url, etag, nginx.pid);
  const perSecond = burst.requests / burst.cpu;
  const p99 = waits.sort((a, b) => a - b)[Math.floor(waits.length * 0.99)] ?? Number.NaN;
  return [
    {
      what: `${COMPUTERS} computers every ${INTERVAL_S} s, sent in ${SECONDS} s`,
      measured: `${used.toFixed(2)} s of nginx’s time: ${((used / INTERVAL_S) * 100).toFixed(2)} % of a core at that interval; p99 ${p99.toFixed(1)} ms`,
      target: 'less than a core',
      met: used < INTERVAL_S,
    },
    {
      what: 'what one core of nginx could carry',
      measured: `${Math.round(perSecond)} look-ups/s, that is ${(Math.round((perSecond * INTERVAL_S) / 100_000) / 10).toFixed(1)} million computers (${burst.requests} requests in ${BURST_S} s, nginx used ${burst.cpu.toFixed(2)} s)`,
      target: `≥ ${Math.ceil(COMPUTERS / INTERVAL_S)} look-ups/s`,
      met: perSecond >= COMPUTERS / INTERVAL_S,
    },
  ];
}

/** Begins so many pieces of work evenly over a time, and waits for the last of them. */
async function spread(count: number, seconds: number, work: () => Promise<void>): Promise<void> {
  const began = performance.now();
  const running: Promise<void>[] = [];
  for (let started = 0; started < count; ) {
    const due = Math.min(count, Math.ceil(((performance.now() - began) / (seconds * 1000)) * count));
    for (; started < due; started += 1) running.push(work());
    await sleep(2);
  }
  await Promise.all(running);
}

/** As many look-ups as there can be, for a short time. */
async function saturated(url: string, etag: string, pid: number): Promise<{ requests: number; cpu: number }> {
  const before = cpuSeconds(pid);
  const end = performance.now() + BURST_S * 1000;
  let requests = 0;
  const client = async () => {
    for (; performance.now() < end; requests += 1) await get(url, etag);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  return { requests, cpu: cpuSeconds(pid) - before };
}

/** One request over a connection of its own, as computers that ask every five minutes make it. */
async function get(url: string, etag?: string): Promise<IncomingMessage> {
  const headers = etag === undefined ? {} : { 'if-none-match': etag };
  const asked = request(url, { agent: false, headers }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'close');
  return response;
}

/** The processor time of nginx’s workers so far. */
function cpuSeconds(pid: number): number {
  const workers = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  const ticks = workers.map((worker) => {
    const fields = readFileSync(`/proc/${worker}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, ticksOfOne) => sum + ticksOfOne, 0) / CLOCK_TICKS;
}
