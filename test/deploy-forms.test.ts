import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployForms } from '../src/servers/put.ts';
import { FORMS_DE } from '../src/web/manager/deploy-forms.ts';

test('the page says where a deploy can go to in German too', () => {
  assert.deepEqual(Object.keys(FORMS_DE).sort(), deployForms().sort());
  assert.doesNotMatch(Object.values(FORMS_DE).join(), /\b(?:folder|over|USER|PATH)\b/);
});
