import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

test('a log that cannot be written does not end the program that tells it', () => {
  const script = `import { openLog } from ${JSON.stringify(join(import.meta.dirname, 'log.ts'))};
    const log = openLog('test');
    for (let count = 0; count < 3; count += 1) log.error({ count }, 'told');
    await new Promise((done) => setTimeout(done, 50));
    console.log('done');`;

  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', openSync('/dev/full', 'w')],
    encoding: 'utf8',
  });

  assert.deepEqual([status, stdout], [0, 'done\n']);
});
