import assert from 'node:assert/strict';
import { test } from 'node:test';
import { code } from '../../../test/fakes/made-computer.ts';
import { madeProject } from '../../../test/fakes/made-project.ts';
import { addDevice, listDevices } from './devices.ts';

test('a device that was added is there; a name that is none is refused, one that JavaScript loses too', async (t) => {
  const { folder } = await madeProject(t);
  for (const name of ['__proto__', '--cd', 'é', 'x'.repeat(300), '', 'a\nb'])
    await assert.rejects(addDevice(folder, 'office', name, { kind: 'cd' }), code('USAGE'), name);

  for (const name of ['constructor', 'cd']) await addDevice(folder, 'office', name, { kind: 'cd' });

  assert.deepEqual(
    (await listDevices(folder, 'office')).map(({ name }) => name),
    ['constructor', 'cd'],
  );
});
