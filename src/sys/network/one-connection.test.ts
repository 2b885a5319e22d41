import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { listenForOne } from './one-connection.ts';

test('waiting that is called off says so by its code', async () => {
  await using waiting = await listenForOne(join(mkdtempSync(join(tmpdir(), 'one-')), 's'), undefined);
  await assert.rejects(waiting.accept(AbortSignal.abort()), { code: 'INTERRUPTED' });
});
