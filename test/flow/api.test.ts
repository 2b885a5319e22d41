import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApi } from '../../src/daemon/routes/api.ts';
import { Supervisor } from '../../src/daemon/supervise.ts';
import { ROOT } from '../../src/install/state/machine/owner.ts';
import { openLog } from '../../src/sys/log.ts';
import { scratch } from '../fakes/made-project.ts';

const ROWS: [title: string, body: string, said: RegExp][] = [
  ['that is not JSON', '{"source":', /Invalid input/],
  ['that is empty', '', /Invalid input/],
  ['with an unknown key', '{"source":"/x","replace":false,"keepOld":false,"force":true}', /force/],
  ['of a megabyte', `{"source":"${'x'.repeat(1 << 20)}"}`, /at most 65536 bytes/],
];

for (const [title, body, said] of ROWS) {
  test(`a request ${title} is refused with a code`, async (t) => {
    const state = scratch(t);
    const log = openLog('test');
    await using supervisor = await Supervisor.open({
      ...{ state, runRoot: scratch(t), accel: 'tcg', log },
      clock: () => Date.parse('2026-01-10'),
    });
    const api = createApi({
      asker: ROOT,
      ownSocket: async () => '',
      state,
      socket: `${state}/none`,
      supervisor,
      log,
      openPage: async (to) => to,
      closePages: async () => undefined,
    });

    const answer = await api.request('/v1/install', { method: 'POST', body });

    const { error } = JSON.parse(await answer.text());
    assert.deepEqual([answer.status, error.code], [400, 'USAGE']);
    assert.match(error.reason, said);
  });
}
