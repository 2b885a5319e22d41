import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { openComputer } from './computer.ts';

test('what is known of KVM is asked anew where the file that keeps it is damaged', async (t) => {
  const runRoot = scratch(t);
  const accelFile = join(runRoot, 'accel.json');
  writeFileSync(accelFile, '{"format":1,"boo');

  const { accel } = await openComputer({ accel: 'auto', runRoot, accelFile });

  assert.equal(JSON.parse(readFileSync(accelFile, 'utf8')).accel, accel);
});
