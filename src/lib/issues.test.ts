import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { issueTexts } from './issues.ts';

test('what a schema refuses is said with its field, and what it says of the whole without one', () => {
  const Named = z.strictObject({ name: z.string().min(1, 'is missing') });
  const { error } = Named.safeParse({ name: '', more: true });
  assert.deepEqual(issueTexts(error ?? { issues: [] }), ['name is missing', 'Unrecognized key: "more"']);
});
