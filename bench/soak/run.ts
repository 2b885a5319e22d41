import { setTimeout as sleep } from 'node:timers/promises';
import { carryOut, type Outcome } from './carry-out.ts';
import { headLine, sampleLine } from './report.ts';
import { count } from './sample.ts';
import { SoakSite, VMS } from './site.ts';
import { nextSteps, randomFrom, type Step, VERSIONS } from './steps.ts';
import type { Sample } from './verdict.ts';

const SAMPLE_EVERY_MS = 15_000;
/** What ends, and what is looked up, has the time to. */
const SETTLE_MS = 2_000;
/** Of the run, the part in which the service is restarted; after it, one life of it is long enough to see what it keeps. */
const RESTARTING = 0.4;

export interface Soaked {
  samples: Sample[];
  outcomes: Outcome[];
}

/** Has three machines do at random what users, administrators and bad luck do to them, until the time is over or it was called off. */
export async function soak(minutes: number, seed: number, signal: AbortSignal): Promise<Soaked> {
  await using site = await SoakSite.start();
  const random = randomFrom(seed);
  const soaked: Soaked = { samples: [], outcomes: [] };
  const began = performance.now();
  const minute = () => (performance.now() - began) / 60_000;
  const doAll = async (steps: readonly Step[]) => {
    // Numbers are drawn for each before any begins, so that the same seed gives the same whatever ends first.
    const numbers = steps.map(() => randomFrom(random() * 2 ** 32));
    const ended = await Promise.all(steps.map((step, at) => carryOut(site, step, numbers[at] ?? random)));
    for (const outcome of ended) if (!outcome.isFine && !signal.aborted) tellFailed(outcome, minute());
    soaked.outcomes.push(...ended);
  };
  console.log(headLine());
  let due = began;
  for (let isRest = true; minute() < minutes && !signal.aborted; ) {
    if (performance.now() >= due) {
      if (isRest) await rest(site, doAll);
      if (signal.aborted) break;
      const sample = { minute: minute(), life: site.life, atRest: isRest, counts: await count(site) };
      soaked.samples.push(sample);
      console.log(sampleLine(sample));
      isRest = !isRest;
      due = performance.now() + SAMPLE_EVERY_MS;
    }
    await doAll(nextSteps(random, await site.standing(), minute() < minutes * RESTARTING));
  }
  return soaked;
}

/** Brings the site to where it can be compared: all machines run, up to date, with nothing connected, kept or about to change. */
async function rest(site: SoakSite, doAll: (steps: readonly Step[]) => Promise<void>): Promise<void> {
  if (site.isInHotel) await doAll([{ what: 'zone' }]);
  const each = async (fit: (of: Awaited<ReturnType<SoakSite['standing']>>[number]) => boolean, what: MachineDeed) => {
    const steps = (await site.standing()).filter(fit).map(({ vm }): Step => ({ what, vm }));
    await doAll(steps);
    return steps.length > 0;
  };
  await each(({ isUnfit }) => isUnfit, 'start anew');
  await each(({ state }) => state !== 'running', 'start');
  await each(({ hasDisc }) => hasDisc, 'take the disc out');
  while (await each(({ snapshots }) => snapshots > 0, 'remove a snapshot'));
  for (const _version of VERSIONS)
    await Promise.all(VMS.map(async (vm) => site.report(vm, (await site.reportable(vm)).at(-1) ?? '')));
  await sleep(SETTLE_MS);
}

type MachineDeed = Extract<Step, { vm: string }>['what'];

function tellFailed({ step, code, reason }: Outcome, minute: number): void {
  const who = 'vm' in step ? ` ${step.vm}` : '';
  console.log(`${minute.toFixed(1).padStart(5)} FAILED ${step.what}${who}: ${code ?? 'not refused'}: ${reason ?? ''}`);
}
