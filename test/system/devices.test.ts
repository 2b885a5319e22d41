import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { accessibilityFaults, followLink, LabBrowser, whyNoBrowser } from '../../lab/browser.ts';
import { smallGuest } from '../../lab/guest.ts';
import { MainJob } from '../../lab/main-job.ts';
import { SERVERS, whyNoNetwork } from '../../lab/network.ts';
import { Qmp } from '../../src/vm/qmp.ts';
import { shoot } from '../fakes/shoot.ts';

const MIB = 2 ** 20;
/** The first words on a disc, as its guest reads them; of an empty drive, nothing. What is read first tells it of the change. */
const READ =
  'for try in 1 2 3 4; do dd if=/dev/sr0 of=/tmp/read bs=2048 count=1 2>/dev/null && head -c 12 /tmp/read && break; done';

test('facts 33 and 34: a user connects what his project lets him, of what his machine has', {
  skip: whyNoNetwork() || whyNoBrowser(),
}, async (t) => {
  await using job = await MainJob.start(undefined, smallGuest({ hasDevices: true }));
  const { computer, vm } = job;
  const fingerprint = await job.makeProject();
  const manager = async (...args: string[]) => {
    const { status, stdout, stderr } = await computer.manager(...args);
    assert.equal(status, 0, stdout + stderr);
  };
  await manager('vm', 'device', 'add', vm, 'cd', '--kind', 'cd');
  await manager('vm', 'device', 'add', vm, 'dvd', '--kind', 'cd');
  await manager('vm', 'device', 'add', vm, 'stick', '--kind', 'stick');
  await manager('vm', 'device', 'add', vm, 'token', '--kind', 'usb', '--vendor', '1050', '--class', '0b');
  await manager('vm', 'device', 'add', vm, 'lan', '--kind', 'network', '--network', 'isolated');
  await manager('vm', 'device', 'add', vm, 'com', '--kind', 'serial');
  await manager('vm', 'device', 'add', vm, 'lpt', '--kind', 'parallel');
  for (const device of ['cd', 'stick', 'token', 'lan', 'com', 'lpt'])
    await manager('policy', 'device', vm, device, '--everybody');
  await job.setQuarantine({ interval: '1h' });
  await job.serve();
  await job.deploy();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  const disc = (name: string, text: string) => {
    const path = join(computer.folder, name);
    writeFileSync(path, text.padEnd(MIB));
    return path;
  };
  const [first, second] = [disc('first.iso', 'first disc'), disc('second.iso', 'second disc')];
  const lazaret = async (...args: string[]) => {
    const { status, stdout, stderr } = await computer.lazaret(...args);
    return { status, said: stdout + stderr };
  };
  const guestReads = async () => (await job.guest(READ)).output.trim();

  await t.test(
    'its list is that of its hardware, and says who may; a machine that does not run has none connected',
    async () => {
      const { said } = await lazaret('devices', vm);
      assert.match(
        said,
        /^cd +cd +– +everybody may connect it\ncom +serial +– +everybody may connect it\ndvd +cd +– +the project lets nobody connect it\nlan +network isolated +– +everybody may connect it\nlpt +parallel +– +everybody may connect it\nstick +stick +– +everybody may connect it\ntoken +usb 1050:\* of class 0b +– +everybody/m,
      );
      assert.match((await lazaret('connect', vm, 'cd', first)).said, /VM_NOT_RUNNING/);
    },
  );

  await job.startMachine();

  await t.test('a disc is put in, is changed, and is ejected while the guest runs', async () => {
    assert.equal(await guestReads(), '');
    assert.match((await lazaret('connect', vm, 'cd', first)).said, /“cd” of office is connected: .*first\.iso/);
    assert.equal(await guestReads(), 'first disc');
    assert.match((await lazaret('devices', vm)).said, /cd +cd +\S+first\.iso/);
    assert.equal((await lazaret('connect', vm, 'cd', second)).status, 0);
    assert.equal(await guestReads(), 'second disc');
    assert.equal((await lazaret('disconnect', vm, 'cd')).status, 0);
    assert.equal(await guestReads(), '');
    assert.match((await lazaret('devices', vm)).said, /cd +cd +– /);
  });

  await t.test('a disc that the guest uses stays, unless it is taken by force', async () => {
    await lazaret('connect', vm, 'cd', first);
    await guestReads();
    await job.guest('sleep 1000 </dev/sr0 >/dev/null 2>&1 & echo $! >/tmp/user');
    const refused = await lazaret('disconnect', vm, 'cd');
    assert.match(refused.said, /DEVICE_LOCKED.*\n.*Unmount or eject/s);
    assert.match((await lazaret('connect', vm, 'cd', second)).said, /DEVICE_LOCKED/);
    assert.match((await lazaret('devices', vm)).said, /first\.iso/);
    assert.equal((await lazaret('disconnect', vm, 'cd', '--force')).status, 0);
    await job.guest('kill $(cat /tmp/user)');
    // What its remedy says: the guest lets go of it.
    await lazaret('connect', vm, 'cd', first);
    await guestReads();
    assert.equal((await lazaret('disconnect', vm, 'cd')).status, 0);
    // The small guest has no program that opens a drive: what comes of it is the same.
    await lazaret('connect', vm, 'cd', first);
    await using qemu = await Qmp.connect(computer.sockets(vm).files);
    await qemu.execute('blockdev-open-tray', { id: 'device-cd', force: true });
    await qemu[Symbol.asyncDispose]();
    assert.match((await lazaret('devices', vm)).said, /cd +cd +– /, 'the guest has ejected it');
    assert.equal((await lazaret('connect', vm, 'cd', second)).status, 0);
    assert.equal(await guestReads(), 'second disc');
  });

  await t.test(
    'an image that vanishes is there until it is ejected; one that is cut short fails in the guest alone',
    async () => {
      await lazaret('connect', vm, 'cd', disc('gone.iso', 'gone disc'), '--force');
      rmSync(join(computer.folder, 'gone.iso'));
      assert.equal(await guestReads(), 'gone disc');
      assert.match((await lazaret('connect', vm, 'cd', join(computer.folder, 'gone.iso'))).said, /FILE_MISSING/);
      assert.equal(await guestReads(), 'gone disc', 'what could not be changed is as it was');
      const cut = disc('cut.iso', 'cut disc');
      await lazaret('connect', vm, 'cd', cut);
      truncateSync(cut, 2048);
      await job.guest('dd if=/dev/sr0 of=/dev/null bs=64k iflag=direct; blockdev --flushbufs /dev/sr0');
      assert.equal((await job.guest('echo it goes on')).output.trim(), 'it goes on');
      assert.equal((await job.status()).state, 'running');
      await lazaret('disconnect', vm, 'cd', '--force');
    },
  );

  await t.test('what is no disc is refused, with what helps', async () => {
    assert.match((await lazaret('connect', vm, 'cd', computer.folder)).said, /FILE_INVALID|DEVICE_IMAGE/);
    const empty = join(computer.folder, 'empty.iso');
    writeFileSync(empty, '');
    assert.match((await lazaret('connect', vm, 'cd', empty)).said, /DEVICE_IMAGE.*\n.*\.iso/s);
    assert.match((await lazaret('connect', vm, 'cd', '/dev/null')).said, /DEVICE_IMAGE/);
    assert.match((await lazaret('connect', vm, 'cd')).said, /USAGE/);
    assert.match((await lazaret('connect', vm, 'floppy', first)).said, /DEVICE_UNKNOWN.*\n.*lazaret devices/s);
    // What that remedy says shows the names; and a real image helps.
    assert.equal((await lazaret('connect', vm, 'cd', first)).status, 0);
  });

  await t.test(
    'a stick is plugged in while the guest runs, is written to, and pulled out while it is in use',
    async () => {
      const image = join(computer.folder, 'stick.img');
      writeFileSync(image, 'a stick'.padEnd(MIB));
      const there = 'timeout 20 sh -c "until [ -b /dev/sda ]; do sleep 0.05; done"';
      const gone = 'timeout 20 sh -c "while [ -b /dev/sda ]; do sleep 0.05; done"';
      assert.match((await lazaret('connect', vm, 'stick', image)).said, /“stick” of office is connected/);
      assert.equal((await job.guest(`${there} && head -c 7 /dev/sda`)).output.trim(), 'a stick');
      await job.guest('printf written | dd of=/dev/sda conv=notrunc,fsync 2>/dev/null');
      assert.match(readFileSync(image, 'utf8'), /^written/);
      await job.guest('dd if=/dev/zero of=/dev/sda bs=1M count=8 2>/dev/null');
      assert.equal(statSync(image).size, MIB, 'it is as long as it was');
      await job.guest('printf "a stick" | dd of=/dev/sda conv=notrunc,fsync 2>/dev/null');
      await job.guest(
        '(while dd if=/dev/sda of=/dev/null bs=64k iflag=direct 2>/dev/null; do :; done) >/dev/null 2>&1 &',
      );
      assert.equal((await lazaret('disconnect', vm, 'stick')).status, 0);
      assert.equal((await job.guest(gone)).status, 0);
      assert.match((await lazaret('devices', vm)).said, /stick +stick +– /);
      assert.equal((await lazaret('connect', vm, 'stick', image)).status, 0);
      assert.equal((await job.guest(there)).status, 0);
    },
  );

  await t.test('an isolated card has a cable when it is connected, and leads nowhere all the same', async () => {
    const carrier = async () =>
      (await job.guest('ip link set eth1 up && cat /sys/class/net/eth1/carrier')).output.trim();
    assert.equal(await carrier(), '0');
    assert.match((await lazaret('connect', vm, 'lan', first)).said, /USAGE: “lan” is a network card: it takes no file/);
    assert.match((await lazaret('connect', vm, 'lan')).said, /“lan” of office is connected: isolated/);
    assert.equal(
      (await job.guest('timeout 20 sh -c "until grep -q 1 /sys/class/net/eth1/carrier; do sleep 0.05; done"')).status,
      0,
    );
    const before = await job.reached();
    assert.deepEqual(before, ['update'], 'the first card is as it was');
    // As a guest would that looks for a way around its quarantine: the gateway, asked on the other card.
    const around = `ip addr add 10.77.0.77/24 dev eth1 && ip route add ${SERVERS.update} via 10.77.0.1 dev eth1 onlink`;
    await job.guest(around);
    assert.deepEqual(await job.reached(), []);
    await job.guest(`ip route del ${SERVERS.update} dev eth1; ip addr flush dev eth1`);
    assert.deepEqual(await job.reached(), before);
    assert.equal((await lazaret('disconnect', vm, 'lan')).status, 0);
    assert.equal(
      (await job.guest('timeout 20 sh -c "until grep -q 0 /sys/class/net/eth1/carrier; do sleep 0.05; done"')).status,
      0,
    );
  });

  await t.test('a serial port is connected to one of the computer’s, both ways, and to nothing again', async () => {
    assert.match((await lazaret('connect', vm, 'com', first)).said, /DEVICE_IMAGE: .* is no serial port/);
    // A terminal is as good as a port: what is typed comes from its other end, and what is written is shown there.
    const terminal = spawn('script', ['-qfc', 'tty; exec sleep 600', '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      const shown = createInterface({ input: terminal.stdout })[Symbol.asyncIterator]();
      const path = (await shown.next()).value?.trim() ?? '';
      assert.match((await lazaret('connect', vm, 'com', path)).said, /“com” of office is connected: \/dev\/pts/);
      await job.guest('stty -F /dev/ttyS1 raw -echo; echo from the guest >/dev/ttyS1');
      assert.equal((await shown.next()).value?.trim(), 'from the guest');
      const heard = job.guest('timeout 20 head -n 1 /dev/ttyS1');
      const typing = setInterval(() => terminal.stdin.write('to the guest\n'), 200);
      const { output } = await heard.finally(() => clearInterval(typing));
      assert.match(output, /to the guest/);
      assert.equal((await lazaret('disconnect', vm, 'com')).status, 0);
      assert.equal((await job.guest('echo to nobody >/dev/ttyS1')).status, 0);
      assert.match((await lazaret('devices', vm)).said, /com +serial +– /);
    } finally {
      const gone = once(terminal, 'exit');
      terminal.kill('SIGKILL');
      await gone;
    }
  });

  await t.test(
    'what the guest prints to its parallel port is written to a file of its user, and to no other',
    async () => {
      const print = async (text: string) =>
        assert.equal((await job.guest(`timeout 20 sh -c 'echo ${text} >/dev/lp0'`)).status, 0);
      const [one, two] = [join(computer.folder, 'one.txt'), join(computer.folder, 'two.txt')];
      const printed = async (path: string, text: string) => {
        for (let tries = 0; readFileSync(path, 'utf8') !== text && tries < 100; tries++) await sleep(50);
        assert.equal(readFileSync(path, 'utf8'), text);
      };
      await print('to nobody');
      assert.match((await lazaret('connect', vm, 'lpt', one)).said, /“lpt” of office is connected: .*one\.txt/);
      assert.equal(statSync(one).mode & 0o777, 0o600);
      await print('first');
      await printed(one, 'first\n');
      writeFileSync(two, 'kept\n');
      assert.equal((await lazaret('connect', vm, 'lpt', two)).status, 0);
      await print('second');
      await printed(two, 'kept\nsecond\n');
      assert.match((await lazaret('connect', vm, 'lpt', computer.folder)).said, /FILE_INVALID/);
      assert.match((await lazaret('connect', vm, 'lpt', join(one, 'none'))).said, /FILE_/);
      assert.match(
        (await lazaret('connect', vm, 'lpt', '/dev/null')).said,
        /DEVICE_IMAGE: .* neither a file nor a port/,
      );
      assert.match(
        (await lazaret('devices', vm)).said,
        /lpt +parallel +\S+two\.txt/,
        'what cannot be takes nothing away',
      );
      assert.equal((await lazaret('disconnect', vm, 'lpt')).status, 0);
      await print('to nobody');
      assert.match((await lazaret('devices', vm)).said, /lpt +parallel +– /);
      assert.equal(readFileSync(one, 'utf8'), 'first\n');
      assert.equal(readFileSync(two, 'utf8'), 'kept\nsecond\n');
    },
  );

  await t.test('a printer that takes nothing stops no machine, and a policy takes it away all the same', async () => {
    const terminal = spawn('script', ['-qfc', 'tty; exec sleep 600', '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      const shown = createInterface({ input: terminal.stdout })[Symbol.asyncIterator]();
      const path = (await shown.next()).value?.trim() ?? '';
      assert.equal((await lazaret('connect', vm, 'lpt', path)).status, 0);
      // Nobody shows what it is told any more: a terminal takes a few kilobytes then.
      terminal.kill('SIGSTOP');
      const printing = await job.guest('timeout 60 dd if=/dev/zero of=/dev/lp0 bs=1k count=64 2>/dev/null');
      assert.equal(printing.status, 0);
      await manager('policy', 'device', vm, 'lpt', '--nobody');
      await job.deploy();
      await job.lookUp();
      assert.match((await lazaret('devices', vm)).said, /lpt +parallel +– +the project lets nobody/);
      assert.equal((await job.guest('echo it goes on')).output.trim(), 'it goes on');
    } finally {
      const gone = once(terminal, 'exit');
      terminal.kill('SIGKILL');
      await gone;
    }
  });

  await t.test('a device that this computer has not is said to be missing', async () => {
    assert.match(
      (await lazaret('connect', vm, 'token')).said,
      /DEVICE_NONE: no USB device of this computer.*\n.*Plug it in/s,
    );
    assert.match(
      (await lazaret('connect', vm, 'token', '/dev/null')).said,
      /DEVICE_NONE: \/dev\/null is no USB device/,
    );
  });

  await t.test('who may not is told who decided; policy lets him, and takes it back, while it runs', async () => {
    const refused = await lazaret('connect', vm, 'dvd', first);
    assert.match(refused.said, /DEVICE_FORBIDDEN: the project lets nobody connect “dvd”.*\n.*policy `devices`/s);
    await manager('policy', 'device', vm, 'dvd', '--everybody');
    await job.deploy();
    await job.lookUp();
    assert.equal((await lazaret('connect', vm, 'dvd', second)).status, 0);
    assert.equal((await job.guest(READ.replace('sr0', 'sr1'))).output.trim(), 'second disc');
    await manager('policy', 'device', vm, 'dvd', '--nobody');
    await job.deploy();
    await job.lookUp();
    assert.equal((await job.guest(READ.replace('sr0', 'sr1'))).output.trim(), '');
    assert.match((await lazaret('devices', vm)).said, /dvd +cd +– +the project lets nobody/);
    assert.match((await lazaret('events')).said, /“dvd” is disconnected: the project lets nobody/);
  });

  await t.test(
    'in the player he sees who may, and puts a disc in; a locked drive is told, and opened by force',
    async () => {
      await using lab = await LabBrowser.start(job.network);
      const page = await (await lab.browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' })).newPage();
      const { stdout } = await computer.lazaret('open', '--no-browser', '--json');
      const { url } = JSON.parse(stdout);
      await followLink(page, url);
      await page.getByRole('region', { name: vm }).waitFor();
      await page.goto(new URL(`/machines/${vm}`, url).href);
      await page.getByRole('button', { name: 'More' }).click();
      await page.getByRole('menuitem', { name: 'Devices …' }).click();
      const dialog = page.getByRole('dialog', { name: `Devices: ${vm}` });
      await dialog.getByRole('region', { name: 'dvd' }).getByText('Office lets nobody connect it.').waitFor();
      assert.equal(await dialog.getByRole('region', { name: 'dvd' }).getByRole('button').count(), 0);
      const cd = dialog.getByRole('region', { name: 'cd', exact: true });
      await cd.getByLabel('Image of a disc, or this computer’s drive').fill('/nowhere.iso');
      await cd.getByRole('button', { name: 'Change' }).click();
      await cd.getByText('/nowhere.iso is not there').waitFor();
      await cd.getByLabel('Image of a disc, or this computer’s drive').fill(second);
      await cd.getByRole('button', { name: 'Change' }).click();
      await cd.getByText(`Connected: ${second}`).waitFor();
      assert.deepEqual(await accessibilityFaults(page), []);
      await shoot(page, 'player-devices');
      assert.equal(await guestReads(), 'second disc');
      await job.guest('sleep 1000 </dev/sr0 >/dev/null 2>&1 & echo $! >/tmp/user');
      await cd.getByRole('button', { name: 'Disconnect' }).click();
      await cd.getByText('has locked the drive').waitFor();
      await shoot(page, 'player-device-locked');
      await cd.getByRole('button', { name: 'Disconnect although the guest uses it' }).click();
      await cd.getByText('Connected:').waitFor({ state: 'detached' });
      await job.guest('kill $(cat /tmp/user)');
      assert.equal((await lazaret('connect', vm, 'cd', first)).status, 0);
    },
  );

  await t.test('a service that is started again knows what is connected', async () => {
    await computer.stopService();
    await computer.startService();
    assert.match((await lazaret('devices', vm)).said, /cd +cd +\S+first\.iso/);
    assert.equal(await guestReads(), 'first disc');
    assert.equal((await lazaret('connect', vm, 'cd', second)).status, 0);
    assert.equal(await guestReads(), 'second disc');
  });

  await t.test('it is disconnected when the machine is suspended, and can be connected once it goes on', async () => {
    assert.equal((await lazaret('suspend', vm)).status, 0);
    await job.startMachine();
    assert.match((await lazaret('devices', vm)).said, /cd +cd +– /);
    assert.equal(await guestReads(), '');
    assert.equal((await lazaret('connect', vm, 'cd', first)).status, 0);
    assert.equal(await guestReads(), 'first disc');
    await job.stopMachine();
  });
});
