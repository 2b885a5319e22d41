import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { until } from '../../../test/system/net/until.ts';
import { isRunning, processOf } from './processes.ts';

for (const diskKey of [undefined, 'a'.repeat(64)])
  test(`a copy ends with the process that began it, ${diskKey ? 'of an encrypted disk too' : 'however that ends'}`, async (t) => {
    const folder = scratch(t);
    const [tool, noted] = [join(folder, 'qemu-img'), join(folder, 'pid')];
    writeFileSync(tool, `#!/bin/sh\necho $$ >${noted}.new\nmv ${noted}.new ${noted}\nexec sleep 1000\n`);
    chmodSync(tool, 0o755);
    const module = JSON.stringify(join(import.meta.dirname, 'qemu-img.ts'));
    const program = `import { qemuImg } from ${module}; await qemuImg(['convert', 'a', 'b'], ${JSON.stringify({ diskKey })});`;
    const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit', env });
    await until(() => existsSync(noted));
    const copy = processOf(Number(readFileSync(noted, 'utf8')));
    assert.ok(copy);

    child.kill('SIGKILL');
    await once(child, 'exit');
    await until(() => !isRunning(copy));
  });
