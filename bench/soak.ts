// npm run soak -- [--minutes 20] [--seed N]: three machines and their service under all that is done to them, at random; what the
// computer has of them is counted meanwhile, and nothing of it may grow. Ends with 1 when something does, or fails that may not.
import { parseArgs } from 'node:util';
import { untilSignal } from '../lab/at-exit.ts';
import { computerLines, leftBehind } from '../lab/left-behind.ts';
import { whyNoNetwork } from '../lab/network.ts';
import { installedTree } from './installed.ts';
import { stepLines, verdictLines } from './soak/report.ts';
import { verdict } from './soak/verdict.ts';

const USAGE = 64;
const UNAVAILABLE = 69;
const INTERRUPTED = 130;
const WARM_UP = 0.1;

const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
const [minutes, seed] = [Number(values.minutes ?? 20), Number(values.seed ?? Date.now() % 1_000_000)];
const reason = whyNoNetwork();
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error('npm run soak -- --minutes 20 --seed 1');
  process.exitCode = USAGE;
} else if (reason !== false) {
  console.error(`nothing can be tried here: ${reason}`);
  process.exitCode = UNAVAILABLE;
} else {
  const before = computerLines();
  process.exitCode = await soakInstalled();
  const left = await leftBehind(before);
  for (const line of left) console.log(line);
  if (left.length > 0) process.exitCode ||= 1;
}

/** Soaks Lazaret as people install it; gives the exit status. */
async function soakInstalled(): Promise<number> {
  using _installed = await installedTree();
  const { soak } = await import('./soak/run.ts');
  console.log(`${minutes} minutes, seed ${seed}`);
  const stop = new AbortController();
  void untilSignal().then(() => stop.abort());
  // Ctrl-C ends what it started, too; that it then fails is no news.
  const soaked = await soak(minutes, seed, stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  if (!soaked || stop.signal.aborted) return INTERRUPTED;
  const { samples, outcomes } = soaked;
  const rows = verdict(samples, minutes * WARM_UP);
  console.log(['', ...stepLines(outcomes), '', ...verdictLines(rows)].join('\n'));
  const bad = [
    ...rows.filter(({ outcome }) => outcome !== 'holds').map(({ column, outcome }) => `${column} ${outcome}`),
    ...outcomes.filter(({ isFine }) => !isFine).map(({ step, code }) => `${step.what}: ${code ?? 'not refused'}`),
  ];
  console.log(bad.length === 0 ? '\nnothing grows' : `\n${bad.join('\n')}`);
  return bad.length === 0 ? 0 : 1;
}
