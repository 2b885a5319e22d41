import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { voided } from '../../quarantine/plugin.ts';
import { openLog } from '../../sys/log.ts';
import type { Asked } from './asked-plugin.ts';
import { keepWord, keptWord } from './last-word.ts';

const HOUR_MS = 3_600_000;
const AT = Date.now();
const YES: Asked = { about: 'this', answer: { verdict: 'yes' }, at: AT };
const log = openLog('test');

test('a plug-in’s last word is kept, for as long as it would not be asked anew', async (t) => {
  const folder = scratch(t);
  assert.equal(await keptWord(folder, HOUR_MS), undefined);

  await keepWord(folder, YES, log);

  assert.deepEqual(await keptWord(folder, HOUR_MS), YES);
  assert.equal(await keptWord(folder, HOUR_MS, AT + HOUR_MS + 1), undefined, 'it is too old');
  assert.equal(await keptWord(folder, HOUR_MS, AT - HOUR_MS), undefined, 'the clock was set back');
});

test('what was no word takes the one before away, and a damaged one is none', async (t) => {
  const folder = scratch(t);
  const path = join(folder, 'plugin.json');
  await keepWord(folder, YES, log);

  await keepWord(folder, { ...YES, answer: voided('PLUGIN_LATE', 'it was late') }, log);

  assert.equal(existsSync(path), false);
  for (const text of ['', '{', '{"format":1,"about":"this","verdict":"perhaps","at":0}', '[]']) {
    writeFileSync(path, text);
    assert.equal(await keptWord(folder, HOUR_MS), undefined, text);
  }
});

test('a word that cannot be kept is none, and stops nothing', async (t) => {
  const away = join(scratch(t), 'away');

  await keepWord(away, YES, log);

  assert.equal(await keptWord(away, HOUR_MS), undefined);
});
