import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Denied } from '../../firewall/machine/rules/denied.ts';
import { AppError } from '../../lib/errors.ts';
import { silentLog } from '../../sys/log.ts';
import { tellRefusals, withRules } from './refusals.ts';

/** Looks once for each answer, then ends; gives what was told. */
async function toldOf(...answers: (Denied[] | AppError)[]): Promise<string[]> {
  const told: string[] = [];
  const end = new AbortController();
  const refused = async () => {
    const next = answers.shift() ?? [];
    if (answers.length === 0) end.abort();
    if (next instanceof AppError) throw next;
    return withRules(next, () => ({ allowed: false, rule: 'whitelist: not listed' }));
  };
  const tell = async (text: string) => void told.push(text);
  await tellRefusals({ refused, tell, log: silentLog, lookMs: 1 }, end.signal);
  return told;
}

const web: Denied = { address: '10.1.0.2', protocol: 'tcp', port: 443, packets: 3 };
const six: Denied = { address: 'fd00::2', protocol: 'udp', port: 53, packets: 1 };

test('a refused destination is told of once, with the rule, for as long as it is tried; later anew', async () => {
  const line = 'refused 10.1.0.2:443 tcp, by: whitelist: not listed';
  assert.deepEqual(await toldOf([web], [web, six], [web]), [
    line,
    'refused [fd00::2]:53 udp, by: whitelist: not listed',
  ]);
  assert.deepEqual(await toldOf([web], [], [web]), [line, line]);
});

test('a guest that tries every address fills no log', async () => {
  const many = Array.from({ length: 256 }, (_, index) => ({ ...web, address: `10.1.0.${index}` }));
  const told = await toldOf(many, many);
  assert.equal(told.length, 9);
  assert.equal(told.at(-1), 'refused 248 more destinations');
  assert.equal((await toldOf(many.slice(0, 9))).at(-1), 'refused 1 more destination');
});

test('what cannot be read now is read the next time; a protocol without a name is refused too', async () => {
  const gre = { address: '10.1.0.2', protocol: '47', packets: 1 };
  const told = await toldOf(new AppError('FILTER_FAILED', 'nft does not answer'), [gre]);
  assert.deepEqual(told, ['refused 10.1.0.2 47, by: no entry for the protocol 47']);
});
