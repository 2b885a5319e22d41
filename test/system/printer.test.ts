import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LabPrinting, whyNoPrinting } from '../../lab/printing.ts';
import { queueUri } from '../../src/sys/printing/queues.ts';
import { Lab, whyNot } from './net/lab.ts';
import { until } from './net/until.ts';

const GATEWAY = '10.77.0.1';
const PRINTER = `ipp://${GATEWAY}/ipp/print`;
const skip = whyNot() || whyNoPrinting();

test('a guest prints to the one queue that is connected, by IPP, and to nothing else of its computer’s', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  const folder = join(lab.folder, 'cups');
  chmodSync(lab.folder, 0o755);
  mkdirSync(folder);
  await using printing = await LabPrinting.start(folder, join(lab.folder, 'cups.sock'), lab.inside('host'));
  await printing.addQueue('office');
  await printing.addQueue('secret');
  await printing.print('secret', 'the others’ salaries');
  const guest = await lab.open();
  const tool = (file: string, { uri = PRINTER, args = [] }: { uri?: string; args?: string[] } = {}) => {
    const [program = '', ...words] = [...lab.inside('guest'), 'ipptool', '-tv', ...args, uri, file];
    const { stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', timeout: 60_000 });
    return stdout + stderr;
  };
  const asked = (operation: string, attributes = '') => {
    const path = join(lab.folder, 'asked.test');
    writeFileSync(path, TEST(operation, attributes));
    return tool(path);
  };
  const web = (path: string) => {
    const [program = '', ...words] = [...lab.inside('guest'), 'busybox', 'wget', '-O-', `http://${GATEWAY}:631${path}`];
    return spawnSync(program, words, { encoding: 'utf8', timeout: 20_000 }).stderr;
  };
  const knocks = () => guest.call('connect', GATEWAY, 631);
  const letter = join(lab.folder, 'letter.txt');
  writeFileSync(letter, 'Dear office,\n');
  const print = { args: ['-f', letter] };
  const queue = { socket: printing.socket, uri: queueUri('office'), user: 'alice' };
  await lab.service.call('switchTo', lab.id, 'normal');

  await t.test('before one is connected the port is closed', async () => {
    assert.equal(await knocks(), 'ECONNREFUSED');
    assert.equal(await lab.service.call('isPrinterServed', lab.id), false);
    await lab.service.call('servePrinter', lab.id, queue);
    assert.equal(await knocks(), 'open');
  });

  await t.test('what it prints comes out of the printer, in its user’s name, by one request and by two', async () => {
    assert.match(tool('print-job.test', print), /\[PASS\].*job-id \(integer\) = 1\n.*\/ipp\/print\/1\n/s);
    assert.match(tool('create-job.test', print), /2 passed, 0 failed/);
    await until(() => printing.printed('office').length === 2);
    assert.deepEqual(printing.printed('office'), ['Dear office,\n', 'Dear office,\n']);
    assert.match(await printing.jobs(), /^office-\d+ +alice /m);
    assert.match(tool('validate-job.test', print), /\[PASS\]/);
  });

  await t.test('it is told of its printer and its jobs, by its own address and numbers; of nothing else', async () => {
    const printer = tool('get-printer-attributes.test');
    assert.match(printer, /printer-uri-supported \(uri\) = ipp:\/\/10\.77\.0\.1:631\/ipp\/print\n/);
    assert.match(printer, /operations-supported [^\n]*= Print-Job,Validate-Job,Create-Job,Send-Document,Cancel-Job,/);
    const jobs = tool('get-completed-jobs.test');
    assert.deepEqual([...jobs.matchAll(/job-id \(integer\) = (\d+)/g)].map(([, id]) => id).sort(), ['1', '2']);
    for (const said of [printer, jobs, tool('get-jobs.test')]) {
      assert.doesNotMatch(said, /localhost|secret|device-uri|cups\.sock|127\.0\.0\.1/);
      assert.match(said, /successful-ok/);
    }
    assert.match(asked('Get-Job-Attributes', 'ATTR integer job-id 2'), /job-state \(enum\) = completed/);
    assert.match(asked('Get-Job-Attributes', 'ATTR integer job-id 3'), /client-error-not-found/);
  });

  await t.test('it cancels its own job, and no other', async () => {
    await printing.stop('office');
    tool('print-job.test', print);
    const own = asked('Cancel-Job', 'ATTR integer job-id 3');
    const other = asked('Cancel-Job', 'ATTR integer job-id 4');
    assert.match(own, /status-code = successful-ok/);
    assert.match(other, /client-error-not-found/);
    assert.match(asked('Get-Job-Attributes', 'ATTR integer job-id 3'), /job-state \(enum\) = canceled/);
    await printing.goOn('office');
  });

  await t.test('no other queue, no administration, no page, and nothing that its computer would fetch', async () => {
    const refused = /server-error-operation-not-supported/;
    for (const operation of ['CUPS-Get-Printers', 'Pause-Printer', 'Purge-Jobs', 'CUPS-Add-Modify-Printer'])
      assert.match(asked(operation), refused, operation);
    assert.match(asked('Print-URI', 'ATTR uri document-uri http://localhost/'), refused);
    assert.match(
      asked('Create-Job', 'GROUP subscription-attributes-tag ATTR keyword notify-events all'),
      /bad-request/,
    );
    for (const path of ['/', '/admin', '/printers/secret', '/ipp/print/../../admin'])
      assert.match(web(path), /404/, path);
    assert.match(web('/ipp/print'), /405/);
    const other = tool('print-job.test', { ...print, uri: `ipp://${GATEWAY}/printers/secret` });
    assert.match(other, /\[FAIL\]/);
    assert.deepEqual(printing.printed('secret'), ['the others’ salaries']);
  });

  await t.test('the printer is there with normal access alone', async () => {
    await lab.service.call('switchTo', lab.id, 'restricted');
    assert.equal(await knocks(), 'ECONNREFUSED');
    await lab.service.call('switchTo', lab.id, 'refuse');
    assert.equal(await knocks(), 'ECONNREFUSED');
    await lab.service.call('switchTo', lab.id, 'normal');
    assert.equal(await knocks(), 'open');
  });

  await t.test('it outlives the service, and is known to the next', async () => {
    await lab.service.call('detach', lab.id);
    await lab.service.end();
    assert.match(asked('Get-Job-Attributes', 'ATTR integer job-id 2'), /job-state \(enum\) = completed/);
    lab.startService();
    await lab.service.call('adopt', lab.choice());
    assert.equal(await lab.service.call('isPrinterServed', lab.id), true);
    assert.equal(await knocks(), 'open');
  });

  await t.test('who serves it has nothing of root’s, and reaches no file of others', () => {
    const served = lab.inMachine('ss', '-Hltnp', 'sport = :631');
    const pid = /pid=(\d+)/.exec(served)?.[1] ?? assert.fail(served);
    const status = spawnSync('cat', [`/proc/${pid}/status`], { encoding: 'utf8' }).stdout;
    assert.match(status, new RegExp(`^Uid:\\s+${lab.uid + 1}\\s`, 'm'));
    assert.match(status, /^CapEff:\s+0+$/m);
    assert.match(status, /^NoNewPrivs:\s+1$/m);
  });

  await t.test('what is being printed when it is disconnected is cut off, and does not come out', async () => {
    const big = join(lab.folder, 'big');
    writeFileSync(big, Buffer.alloc(64 << 20, 'x'));
    const [program = '', ...words] = [...lab.inside('guest'), 'ipptool', '-f', big, PRINTER, 'print-job.test'];
    const printed = printing.printed('office').length;
    printing.stand(true);
    const cut = spawn(program, words, { stdio: 'ignore' });
    const ended = once(cut, 'exit');
    // It sends until nobody takes more.
    await until(() => /^ESTAB +0 +[1-9]/m.test(lab.inGuest('ss', '-Htn', 'dport = :631')));
    await lab.service.call('endPrinter', lab.id);
    await ended;
    printing.stand(false);
    assert.notEqual(cut.exitCode, 0);
    assert.equal(await knocks(), 'ECONNREFUSED');
    assert.equal(await lab.service.call('isPrinterServed', lab.id), false);
    assert.equal(printing.printed('office').length, printed);
  });

  await t.test('a queue whose printing service has gone is no printer, and nothing hangs', async () => {
    await lab.service.call('servePrinter', lab.id, { ...queue, socket: join(lab.folder, 'nobody.sock') });
    assert.match(tool('print-job.test', print), /server-error-service-unavailable/);
  });

  await t.test('with the machine’s network all of it goes', async () => {
    await lab.service.call('close', lab.id);
    const left = spawnSync('pgrep', ['-f', lab.id.concat('.*ipp://')], { encoding: 'utf8' }).stdout;
    assert.equal(left, '');
  });
});

const TEST = (operation: string, attributes: string) => `{
  NAME "asked"
  OPERATION ${operation}
  GROUP operation-attributes-tag
  ATTR charset attributes-charset utf-8
  ATTR language attributes-natural-language en
  ATTR uri printer-uri $uri
  ATTR name requesting-user-name root
  ${attributes}
}
`;
