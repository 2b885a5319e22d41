import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { listed } from '../../../test/fakes/quarantine.ts';
import { formatEntry } from '../../policy/parts/access-entry.ts';
import { openLog } from '../../sys/log.ts';
import { HostNames, namesIn } from './host-names.ts';

const log = openLog('test');
const parsed = (...texts: string[]) => listed(...texts).entries.map(({ entry }) => entry);
const good = (addresses: string[]) => ({ addresses, answeredAt: Date.now() });
const gone = (addresses: string[]) => ({ ...good(addresses), failed: { code: 'no-such-name', since: 1 } });
const away = (addresses: string[]) => ({ ...good(addresses), failed: { code: 'no-answer', since: 1 } });
const KNOWN = [
  { name: 'a.example', v4: good(['192.0.2.1', '192.0.2.9']), v6: good(['2001:db8::1']) },
  { name: 'gone.example', v4: gone(['192.0.2.2']), v6: gone([]) },
  { name: 'away.example', v4: away(['192.0.2.3']), v6: away([]) },
];

const ROWS: [entry: string, mode: 'whitelist' | 'blacklist', expected: string[]][] = [
  ['10.0.0.0/8 tcp 80', 'whitelist', ['10.0.0.0/8 tcp 80']],
  ['a.example tcp 443', 'whitelist', ['192.0.2.1 tcp 443', '192.0.2.9 tcp 443', '2001:db8::1 tcp 443']],
  ['a.example/24', 'whitelist', ['192.0.2.0/24', '192.0.2.0/24', '2001:db8::1']],
  ['unheard.example', 'whitelist', []],
  ['gone.example', 'whitelist', []],
  ['gone.example', 'blacklist', ['192.0.2.2']],
  ['away.example', 'whitelist', ['192.0.2.3']],
];
for (const [entry, mode, expected] of ROWS) {
  test(`on a ${mode} ${entry} stands for ${expected.join(', ') || 'nothing'}`, async (t) => {
    const path = join(scratch(t), 'names.json');
    writeFileSync(path, JSON.stringify({ format: 1, names: KNOWN }));
    const names = await HostNames.open(path, log);
    assert.deepEqual(names.resolved(parsed(entry), mode).map(formatEntry), expected);
  });
}

test('a name is known from one service to the next; while no resolver answers the last good answer counts', async (t) => {
  const path = join(scratch(t), 'names.json');
  writeFileSync(path, JSON.stringify({ format: 1, names: KNOWN }));
  const entries = parsed('a.example', 'a.example tcp 80', '192.0.2.0/24');
  assert.deepEqual(namesIn(entries), ['a.example']);

  await (await HostNames.open(path, log)).refresh(namesIn(entries), []);

  const next = await HostNames.open(path, log);
  assert.equal(next.resolved(entries.slice(0, 1), 'whitelist').length, 3);
  assert.deepEqual(next.resolved(parsed('away.example'), 'whitelist'), [], 'what is listed no more is forgotten');
});
