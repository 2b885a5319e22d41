import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PREVIEW_NUMBER, takePreviewNumber } from './preview-number.ts';

test('a machine that runs although its manager was killed keeps its number: no other gets it, and whoever takes it over has it again', async () => {
  const running = new Set([PREVIEW_NUMBER]);

  await using other = await takePreviewNumber({ running });
  assert.notEqual(other.number, PREVIEW_NUMBER);

  await using same = await takePreviewNumber({ own: PREVIEW_NUMBER, running });
  assert.equal(same.number, PREVIEW_NUMBER);
  await assert.rejects(takePreviewNumber({ own: PREVIEW_NUMBER, running }), { code: 'NETWORK_FAILED' });
});
