import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { SUBNETS, USUAL_SUBNETS } from '../../quarantine/subnets.ts';
import { processOf } from '../../sys/programs/processes.ts';
import { type RunRecord, readRecord, writeRecord } from './record.ts';

const qemu = processOf(process.pid) ?? assert.fail('this process runs');
const record: RunRecord = {
  format: 1,
  vm: 'office',
  generation: 3,
  qemu,
  accel: 'tcg',
  startedAt: '2026-01-10T00:00:00.000Z',
};

test('a machine that runs is found again by its record', async (t) => {
  const folder = scratch(t);
  await writeRecord(folder, record);

  assert.deepEqual(await readRecord(folder), record);
});

test('its record says what its network is made of, of what there may be', async (t) => {
  const folder = scratch(t);
  const moved = { subnet: SUBNETS.guest4[0], taken: '10.77.0.0/16', by: 'vpn0', to: SUBNETS.guest4[1] };
  const network = { subnets: { ...USUAL_SUBNETS, guest4: SUBNETS.guest4[1] }, moved: [moved] };
  await writeRecord(folder, { ...record, network });
  assert.deepEqual((await readRecord(folder))?.network, network);

  await writeRecord(folder, { ...record, network: { ...network, subnets: { ...USUAL_SUBNETS, guest4: '0.0.0.0/0' } } });
  assert.equal(await readRecord(folder), undefined);
});

test('a process that has gone, or a later one of its number, is no machine', async (t) => {
  const folder = scratch(t);
  await writeRecord(folder, { ...record, qemu: { ...qemu, startedAt: qemu.startedAt - 1 } });

  assert.equal(await readRecord(folder), undefined);
});

for (const text of ['', '{"format":1,"vm":"off', '{"format":2}', 'null', '\0'.repeat(100)]) {
  test(`a damaged record is none: ${JSON.stringify(text.slice(0, 20))}`, async (t) => {
    const folder = scratch(t);
    writeFileSync(join(folder, 'machine.json'), text);

    assert.equal(await readRecord(folder), undefined);
  });
}
