import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../../sys/log.ts';
import { FollowedHost } from './followed-host.ts';

test('a machine that has just been started follows its computer when other resolvers are there, not before, and once a minute', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  let nowMs = 0;
  context.mock.method(performance, 'now', () => nowMs);
  const addresses = ['192.0.2.1'];
  let followed = 0;
  const network = {
    followHost: async () => {
      followed += 1;
    },
  };
  using _following = new FollowedHost({ vm: 'office', network, resolvers: { addresses }, log: silentLog });
  const pass = async (ms: number) => {
    nowMs += ms;
    context.mock.timers.tick(ms);
    await new Promise(setImmediate);
  };

  await pass(2000);
  assert.equal(followed, 0);

  addresses.push('192.0.2.2');
  await pass(2000);
  await pass(2000);
  assert.equal(followed, 1);

  for (let passed = 0; passed < 62_000; passed += 2000) await pass(2000);
  assert.equal(followed, 2);
});
