import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Lab, SERVERS } from '../../test/system/net/lab.ts';
import { until } from '../../test/system/net/until.ts';
import { type Figure, median } from '../table.ts';

const ROUNDS = 16;
const ROUND_MS = 800;
const PORT = 8100;
const AT_LEAST = 0.9;
const STREAM = join(import.meta.dirname, 'stream.ts');
/** What a namespace needs so that answers find their way, and nothing else. */
const BARE = `flush ruleset
table ip bare {
  chain post {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "up0" masquerade
  }
}
`;

/** From a server to the guest, by QEMU’s tap, in turns with the same namespace that has no rules. */
export async function throughputFigure(lab: Lab): Promise<Figure> {
  lab.run(lab.inside('updates'), process.execPath, [STREAM, 'serve', `${PORT}`]);
  const guest = await lab.open();
  await lab.service.call('switchTo', lab.id, 'normal');
  const rules = `flush ruleset\n${lab.inMachine('nft', 'list', 'ruleset')}`;
  await until(async () => (await guest.call('connect', SERVERS.updates, PORT)) === 'open');
  const withRules: number[] = [];
  const without: number[] = [];
  const measure = (text: string) => {
    load(lab, text);
    return Number(lab.inGuest(process.execPath, STREAM, 'read', SERVERS.updates, `${PORT}`, `${ROUND_MS}`));
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    // In turns first and second, so that neither has the warmer computer.
    const ways: [string, number[]][] = [
      [rules, withRules],
      [BARE, without],
    ];
    for (const [text, into] of round % 2 === 0 ? ways : ways.reverse()) into.push(measure(text));
  }
  const [ours, bare] = [median(withRules), median(without)];
  const ratio = median(withRules.map((bytes, round) => bytes / (without[round] ?? Number.NaN)));
  const rate = (bytes: number) => `${((bytes * 8) / 1e6).toFixed(0)} Mbit/s`;
  return {
    what: 'TCP through the rules, to the guest by QEMU’s tap, against no rules',
    measured: `${ratio.toFixed(2)} × (${rate(ours)}, ${rate(bare)}; medians of pairs, n = ${ROUNDS})`,
    target: `≥ ${AT_LEAST} ×`,
    met: ratio >= AT_LEAST,
  };
}

function load(lab: Lab, rules: string): void {
  const [program = '', ...args] = lab.enter;
  execFileSync(program, [...args, 'nft', '-f', '-'], { input: rules });
}
