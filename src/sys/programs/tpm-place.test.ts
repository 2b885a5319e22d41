import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { softwareTpm } from '../../../test/fakes/software-tpm.ts';
import { hasProgram, run } from './exec.ts';
import { readTpmPlace, removeTpmPlace, writeTpmPlace } from './tpm-place.ts';

const skip = ['swtpm', 'systemd-creds', 'tpm2_nvread'].every(hasProgram)
  ? false
  : 'swtpm, systemd-creds or tpm2-tools is not installed (npm test does)';
const failed = { name: 'AppError', code: 'PROGRAM_FAILED' };

test('a place in a TPM is written and read by who has its secret alone, also where its first writing was stopped', {
  skip,
}, async (t) => {
  const device = await softwareTpm(t, scratch(t));
  const place = { device, index: 0x01812345, secret: '00112233445566778899aabbccddeeff' };
  assert.equal(await readTpmPlace(place), undefined);
  const how = ['-C', 'o', '-s', '4', '-a', 'authread|authwrite|no_da', '-p', `hex:${place.secret}`];
  await run('tpm2_nvdefine', ['-T', device, `${place.index}`, ...how]);
  assert.equal(await readTpmPlace(place), undefined, 'defined, and not written');
  await writeTpmPlace(place, 'abcd');
  await writeTpmPlace(place, 'wxyz');
  assert.equal(await readTpmPlace(place), 'wxyz');

  const stranger = { ...place, secret: 'ff'.repeat(16) };
  for (let guess = 0; guess < 4; guess += 1) await assert.rejects(readTpmPlace(stranger), failed);
  await assert.rejects(writeTpmPlace(stranger, 'none'), failed);
  assert.equal(await readTpmPlace(place), 'wxyz', 'and wrong ones lock nothing');
  await removeTpmPlace(place);
  assert.equal(await readTpmPlace(place), undefined);
});
