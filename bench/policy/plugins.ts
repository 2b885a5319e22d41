import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from '../../src/policy/parts/script.ts';
import { pluginUser } from '../../src/run/machine/host/users.ts';
import { askPlugin } from '../../src/run/plugins/plugin.ts';
import { run } from '../../src/sys/programs/exec.ts';
import { type Figure, median } from '../table.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'plugins');
const ROUNDS = 60;
const MAX_MORE_MS = 30;

const PLUGINS = [
  { file: 'programs.sh', arguments: ['os=winxp-sp2', 'ie=6.0'], descriptor: 'os=winxp-sp2,ie=6.0' },
  { file: 'score.py', arguments: [], descriptor: '{"firewall": true, "patches": 41}' },
];

/** What asking a plug-in takes beyond running its program by itself, turn about so that both meet the same computer. */
export async function pluginFigures(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lazaret-bench-'));
  try {
    const figures: Figure[] = [];
    for (const plugin of PLUGINS) figures.push(await figureOf(plugin, folder));
    return figures;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function figureOf({ descriptor, ...given }: (typeof PLUGINS)[number], folder: string): Promise<Figure> {
  const script = Script.parse(given);
  const files = [script.file, 'rules.json'].map((name) => ({ name, path: join(EXAMPLES, name) }));
  const source = { files: async () => files, folder: join(folder, 'run') };
  const about = { script, descriptor, event: 'update', project: '', vmId: '' } as const;
  const { signal } = new AbortController();
  const options = { env: { VMWARE_NQ_DESCRIPTOR: descriptor }, cwd: EXAMPLES };
  const [alone, asked]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    alone.push(await timed(() => run(join(EXAMPLES, script.file), script.arguments, options)));
    asked.push(
      await timed(async () => {
        const { answer, said } = await askPlugin({ ...about, signal }, source, pluginUser(0));
        if (answer.verdict !== 'yes') throw new Error(`${script.file}: ${JSON.stringify(answer)} ${said}`);
      }),
    );
  }
  const more = median(asked) - median(alone);
  return {
    what: `a plug-in beside its own run time, ${script.file}`,
    measured: `${more.toFixed(1)} ms more (${median(asked).toFixed(1)} after ${median(alone).toFixed(1)}, n = ${ROUNDS})`,
    target: `≤ ${MAX_MORE_MS} ms`,
    met: more <= MAX_MORE_MS,
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
