import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Expiration } from '../../policy/expiration.ts';
import { endOfDay } from '../../policy/parts/term.ts';
import type { PluginEnd } from '../../quarantine/plugin.ts';
import { readRenewal, renewalOf } from './renewal.ts';

const NOW = new Date('2026-11-28T15:00').getTime();
const DAYS = Expiration.parse({ type: 'days', days: 30 });
const exited = (text: string, status = 0): PluginEnd => ({ end: 'exited', status, stdout: Buffer.from(text) });
const outcome = (run: PluginEnd) => {
  const answer = readRenewal(run, NOW);
  return answer.verdict === 'void' ? answer.code : answer.verdict;
};

const RUNS: [title: string, run: PluginEnd, outcome: string][] = [
  ['a number', exited('30'), 'renewed'],
  ['a number and a line end', exited('30\n'), 'renewed'],
  ['a number and a line end of Windows', exited('30\r\n'), 'renewed'],
  ['no change', exited('0\n'), 'none'],
  ['fact 73: a non-zero exit', exited('30\n', 1), 'PLUGIN_FAILED'],
  ['D10: two line ends', exited('30\n\n'), 'PLUGIN_OUTPUT'],
  ['nonsense', exited('\u0000\u001b[2Jtomorrow'), 'PLUGIN_OUTPUT'],
  ['nothing', exited(''), 'PLUGIN_OUTPUT'],
  ['D10: more than 4096 bytes', exited('3'.repeat(4097)), 'PLUGIN_OUTPUT'],
  ['D10: one that hung', { end: 'late', timeoutMs: 10_000 }, 'PLUGIN_LATE'],
  ['D10: one that never stopped writing', { end: 'too-much' }, 'PLUGIN_OUTPUT'],
];

for (const [title, run, want] of RUNS) {
  test(`${title} is ${want}`, () => {
    assert.equal(outcome(run), want);
    const kept = renewalOf(readRenewal(run, NOW), DAYS, NOW);
    assert.deepEqual(kept, want === 'renewed' ? { of: 'days 30', at: NOW, endsAt: endOfDay(NOW, 30) } : undefined);
  });
}
