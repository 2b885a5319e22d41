import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { followedMachine } from '../../test/fakes/followed-machine.ts';
import type { Ends } from '../../test/fakes/made-project.ts';
import { policyComputer } from '../../test/fakes/policy-computer.ts';
import { type Figure, median } from '../table.ts';

const TIMES = 200;
const MOST = 1.2;
const DESCRIPTOR = '0xFA542D3F';

/** What `nq-set` takes while a look-up waits for a policy server that is silent, beside what it takes without one. */
export async function silentServerFigures(): Promise<Figure[]> {
  await using made = new AsyncDisposableStack();
  const t: Ends = { after: (work) => made.defer(async () => void (await work())) };
  const computer = await policyComputer(t);
  await computer.project.deploy();
  const asked = Promise.withResolvers<void>();
  let isSilent = false;
  const server = createServer(async ({ url = '/' }, response) => {
    if (isSilent) return asked.resolve();
    const bytes = await readFile(join(computer.published, url)).catch(() => undefined);
    response.writeHead(bytes ? 200 : 404).end(bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close().closeAllConnections());
  const owner = computer.owner(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const { access } = await followedMachine(t, computer.open(), owner, DESCRIPTOR);
  const nqSet = async () => {
    const began = performance.now();
    const { ok } = await access.answer({ v: 1, id: '1', cmd: 'nq-set', dry: false, descriptor: DESCRIPTOR });
    if (!ok) throw new Error('the report was not taken');
    return performance.now() - began;
  };
  const measure = async () => {
    const samples: number[] = [];
    for (let time = 0; time < TIMES; time += 1) samples.push(await nqSet());
    return median(samples);
  };
  await measure();
  const without = await measure();
  isSilent = true;
  access.lookUp().catch(() => undefined);
  await asked.promise;
  const silent = await measure();
  const ratio = silent / without;
  const measured = `${ratio.toFixed(2)} × (${silent.toFixed(2)} of ${without.toFixed(2)} ms, n = ${TIMES})`;
  return [{ what: 'nq-set with a silent policy server', measured, target: `≤ ${MOST} × without`, met: ratio <= MOST }];
}
