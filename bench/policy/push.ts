import { DomainController, whyNoDomainController } from '../../lab/domain-controller.ts';
import { publishedListener } from '../../src/manager/published.ts';
import { projectPaths } from '../../src/project/layout.ts';
import { deployTarget, putOnServer } from '../../src/servers/put.ts';
import { listenTcp } from '../../src/sys/http/http-server.ts';
import { followedMachine } from '../../test/fakes/followed-machine.ts';
import type { Ends } from '../../test/fakes/made-project.ts';
import { policyComputer } from '../../test/fakes/policy-computer.ts';
import { threeVersions, V2 } from '../../test/fakes/quarantine.ts';
import { type Figure, milliseconds } from '../table.ts';

const ROUNDS = 20;
const MAX_MS = 1000;
type Computer = Awaited<ReturnType<typeof policyComputer>>;

/**
 * From the beginning of a deploy (key open, nothing signed yet) to the moment when the machine’s filter is told its new mode,
 * on policy servers that push: a lock-out and its end in turn. The filter itself is not in it; `npm run bench` has its switch.
 */
export async function pushFigures(): Promise<Figure[]> {
  const whyNot = whyNoDomainController();
  if (whyNot !== false) throw new Error(whyNot);
  return [await webFigure(), await directoryFigure()];
}

async function webFigure(): Promise<Figure> {
  return withComputer(async (t, computer) => {
    const server = await listenTcp('127.0.0.1', 0, publishedListener(projectPaths(computer.project.folder).published));
    t.after(() => server[Symbol.asyncDispose]());
    const address = `http://127.0.0.1:${server.port}/policies`;
    const samples = await rounds(t, computer, address, async () => undefined);
    return milliseconds('deploy to enforced, with push from the web server', samples, MAX_MS);
  });
}

async function directoryFigure(): Promise<Figure> {
  return withComputer(async (t, computer) => {
    const controller = await DomainController.start();
    t.after(() => controller[Symbol.asyncDispose]());
    computer.setAccount(controller.alice, controller.caFile);
    const target = deployTarget(controller.ldaps);
    const put = () => putOnServer(computer.published, target, { account: controller.admin });
    const samples = await rounds(t, computer, controller.ldaps, put);
    return milliseconds('deploy to enforced, with change notification of Active Directory', samples, MAX_MS);
  });
}

async function rounds(t: Ends, computer: Computer, address: string, put: () => Promise<void>): Promise<number[]> {
  await computer.project.deploy();
  await put();
  const machine = await followedMachine(t, computer.open(), computer.owner(address), V2);
  const samples: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const isLockOut = round % 2 === 0;
    await computer.project.setQuarantine(threeVersions({ threshold: isLockOut ? 'third' : 'second' }));
    const began = performance.now();
    await computer.project.deploy();
    await put();
    await machine.until(isLockOut ? 'restricted' : 'normal');
    samples.push(performance.now() - began);
  }
  return samples;
}

/** What is made for a measurement, last first, is put away after it. */
async function withComputer(measure: (t: Ends, computer: Computer) => Promise<Figure>): Promise<Figure> {
  await using made = new AsyncDisposableStack();
  const t: Ends = { after: (work) => made.defer(async () => void (await work())) };
  return await measure(t, await policyComputer(t));
}
