import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { scratch } from '../../../test/fakes/made-project.ts';
import { hasProgram } from './exec.ts';
import { tellReady } from './tell-systemd.ts';

/** Prints what it is told and by whom; as systemd does, it lets go of a barrier once all before it has been read. */
const HEARS = `
import array, os, socket, struct, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1); s.bind(sys.argv[1])
while True:
    said, control, _, _ = s.recvmsg(4096, 256)
    came = {kind: data for _, kind, data in control}
    if said.startswith(b'BARRIER=1'):
        for fd in array.array('i', came[socket.SCM_RIGHTS]): os.close(fd)
    else:
        print(said.decode().split('\\n')[0], struct.unpack('iII', came[socket.SCM_CREDENTIALS])[0], flush=True)
`;

test('systemd is told that we are ready, in our name', async (t) => {
  if (!hasProgram('systemd-notify')) return t.diagnostic('systemd is not installed');
  const socket = join(scratch(t), 'notify');
  const hears = spawn('python3', ['-c', HEARS, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => hears.kill());
  while (!existsSync(socket)) await sleep(10);
  process.env['NOTIFY_SOCKET'] = socket;
  const heard = text(hears.stdout);

  await tellReady();
  hears.kill();

  assert.equal(await heard, `READY=1 ${process.pid}\n`);
  assert.equal(process.env['NOTIFY_SOCKET'], undefined);
});
