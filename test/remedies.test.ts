import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ERRORS, type ErrorCode } from '../src/lib/errors.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** Remedies that a test of its own tries: where it is, and words of its title. */
const TRIED: Partial<Record<ErrorCode, [file: string, title: string]>> = {
  FILE_LIMIT: ['flow/export-again', 'a file too large for its file system is another failure than a full disk'],
  PROGRAM_MISSING: ['flow/export-again', 'without the program that writes images a package is not signed'],
  LAZARET_FOLDER: ['flow/with-lazaret', 'is refused before anything is signed'],
  LAZARET_UNPACKAGED: ['flow/update-lazaret', 'never back, and not where it came in another way'],
  LAZARET_MISSING: ['flow/with-lazaret', 'a package of a project that hands none out, and one that does'],
  PACKAGE_LOCKED: ['flow/encrypted-package-commands', 'what their remedies say is done, and works'],
  PACKAGE_SECRET: ['flow/encrypted-package-commands', 'what their remedies say is done, and works'],
  PACKAGE_UNWRITTEN: ['flow/export-again', 'it is written elsewhere, as it was signed'],
  VOLUME_MISSING: ['flow/media', 'a volume that is missing or the wrong one is named'],
  VOLUME_WRONG: ['flow/media', 'a volume that is missing or the wrong one is named'],
  SEED_INVALID: ['flow/cloud-init', 'a file as it reads it is taken'],
  IMPORT_CONFIRM: ['flow/import-ace', 'with --yes is one that can be packed'],
  SUSPENDED_UNFIT: ['system/suspend', 'what its remedy says is done, and works'],
  VM_NOT_RUNNING: ['system/preview-told', 'once it runs its screen and its console are there'],
  VM_FAILED: ['system/preview-told', 'what the log says is mended, and the machine starts'],
  VM_DISK_FULL: ['system/stands-still', 'once there is room it goes on, and has lost nothing'],
  CONSOLE_TAKEN: ['flow/see', 'console is the serial console, one user at a time'],
  FIRMWARE_MISSING: ['flow/firmware', 'where firmware or what is a TPM is missing, a plan says so'],
  CLOCK_CONFIRM: ['flow/keys', 'a clock two years ahead is refused where nobody can be asked'],
  CLOCK_SIGNED_AHEAD: ['flow/keys', 'new keys bring all back'],
  EXPIRED: ['flow/expiration', 'EXPIRED: what its remedy says is done, and works'],
  MOVED: ['flow/expiration', 'MOVED: what its remedy says is done, and works'],
  HOT_FIX_OFF: ['flow/hot-fix', 'the policy is what helps'],
  HOT_FIX_UNNEEDED: ['flow/hot-fix', 'a machine that starts has none of the problems'],
  HOT_FIX_NONE: ['flow/hot-fix', 'a new request is what helps'],
  HOT_FIX_INVALID: ['flow/hot-fix', 'a request that was changed is none; the one that was made is'],
  HOT_FIX_SIGNATURE: ['flow/hot-fix', 'the newest policy and a new request are what helps'],
  HOT_FIX_WRONG: ['flow/hot-fix-password', 'and the right letters help'],
  HOT_FIX_PAUSE: ['flow/hot-fix-password', 'and the right letters help'],
  HOT_FIX_FOREIGN: ['flow/hot-fix', 'and its own folder opens it'],
  HOT_FIX_OLD: ['flow/hot-fix', 'a new request is what helps'],
  HOT_FIX_CONFIRM: ['flow/hot-fix-commands', 'with --yes it is done'],
  STATE_DAMAGED: ['flow/damaged', 'installing again mends it and keeps its data disk'],
  SEAL_BROKEN: ['flow/sealed-configuration', 'SEAL_BROKEN: a changed byte in any file is refused'],
  SEAL_KEY_LOST: ['flow/sealed-configuration', 'SEAL_KEY_LOST: on another computer, or without its key'],
  SYSTEM_DISK_DAMAGED: ['flow/own-disks', 'SYSTEM_DISK_DAMAGED: what its remedy says is done, and works'],
  DATA_DISK_DAMAGED: ['flow/own-disks', 'DATA_DISK_DAMAGED: what its remedy says is done, and works'],
  VM_TAKEN: ['flow/owners', 'what its remedy says is done, and works'],
  VM_OTHER: ['flow/update', 'a machine that was made again under its name'],
  POLICY_NEEDS_MACHINE: ['flow/password', 'and one with the machine brings it'],
  POWER_FORBIDDEN: ['system/power', 'restarted and shut down from inside; the policy lets both commands be the user’s'],
  SNAPSHOT_CONFIRM: ['flow/snapshots', 'what would be lost is named first, and nothing is changed'],
  SNAPSHOT_FORBIDDEN: ['flow/snapshots', 'who may keep none is told so; a policy lets him'],
  SNAPSHOT_FULL: ['flow/snapshots', 'as many as policy says, by names; their remedies help'],
  SNAPSHOT_TAKEN: ['flow/snapshots', 'as many as policy says, by names; their remedies help'],
  SNAPSHOT_UNKNOWN: ['flow/snapshots', 'as many as policy says, by names; their remedies help'],
  SNAPSHOT_UNWRITTEN: [
    'flow/encrypted-snapshots',
    'none is taken of disks that the next start writes; after that it is',
  ],
  SNAPSHOT_ENCRYPTED: ['flow/snapshots', 'an update that would encrypt its disks is refused while it has snapshots'],
  SNAPSHOT_UPDATING: ['flow/snapshots', 'none is taken while something is installed; afterwards it is'],
  DEVICE_UNKNOWN: ['system/devices', 'what is no disc is refused, with what helps'],
  DEVICE_IMAGE: ['system/devices', 'what is no disc is refused, with what helps'],
  DEVICE_FORBIDDEN: ['system/devices', 'who may not is told who decided; policy lets him'],
  DEVICE_LOCKED: ['system/devices', 'a disc that the guest uses stays, unless it is taken by force'],
  DEVICE_IN_USE: ['flow/hand-file', 'an image that another machine writes is not connected; a copy is'],
  DEVICE_NONE: ['../src/run/devices/kinds/usb-filter', 'the one that fits is taken; of several'],
  PRINTER_NONE: ['system/printed', 'a queue that is set up afterwards is connected'],
  PRINTER_SEVERAL: ['../src/run/devices/kinds/printer', 'the only queue is taken; of several'],
  DEVICE_SEVERAL: ['../src/run/devices/kinds/usb-filter', 'of several its user names one'],
  CLIPBOARD_FORBIDDEN: ['system/desktop', 'a policy lets it out: it comes by itself'],
  CLIPBOARD_EMPTY: ['system/desktop', 'a policy lets it out: it comes by itself'],
  CLIPBOARD_TOO_LARGE: ['system/desktop', 'more than it says is refused, and less comes'],
  CLIPBOARD_DAMAGED: ['system/desktop', 'a text that he copied is pasted in the guest, and a picture'],
  FILES_FORBIDDEN: ['system/desktop', 'a file that he drops is in the guest'],
  FILES_TOO_LARGE: ['system/desktop', 'a file that he drops is in the guest'],
  FILES_REFUSED: ['system/desktop', 'a file that he drops is in the guest'],
  SHARE_FORBIDDEN: [
    '../src/run/share/shared-folder',
    'what the project forbids is refused; what it lets be read is shared',
  ],
  SHARE_FOLDER: ['../src/guest/webdav/served-folder', 'a folder that is a link, or behind one, is refused'],
  SHARE_IMPOSSIBLE: ['../src/run/share/shared-folder', 'hardware without a port has none; with one it is shared'],
  AGENT_MISSING: ['system/desktop', 'a text that he copied is pasted in the guest, and a picture'],
  PASSWORD_UNSET: ['flow/password', 'the first opening chooses a password'],
  PASSWORD_NEEDED: ['flow/password', 'later ones ask for it'],
  PASSWORD_WRONG: ['flow/password', 'a wrong one opens nothing'],
  PASSWORD_CHANGE: ['flow/password', 'a password that a package’s newer rules would not take'],
  PASSWORD_RULES: ['flow/password', 'the rules hold for the first password'],
  PASSWORD_PAUSE: ['flow/password', 'after it the right one opens'],
  PASSWORD_NONE: ['flow/password', 'a password that is asked for no more is forgotten'],
  PASSWORD_DAMAGED: ['flow/password', 'a backup of it does'],
  ADMIN_NONE: ['flow/administrator-access', 'a package of policies brings one'],
  ADMIN_NEEDED: ['flow/administrator-access', 'the right one then works'],
  ADMIN_ENCRYPTED: ['flow/administrator-access', 'ADMIN_ENCRYPTED: what its remedy says is done, and works'],
  ADMIN_SUSPENDED: ['flow/administrator-access', 'once it is not, it changes'],
  HARDWARE_TOO_MUCH: ['flow/administrator-access', 'no more than the computer has'],
  SCRIPT_DENIED: ['flow/opening-script', 'another status than 0 opens nothing'],
  SCRIPT_OTHER: ['flow/opening-script', 'SCRIPT_OTHER: what its remedy says is done, and works'],
  SCRIPT_DAMAGED: ['flow/opening-script', 'a backup of it does'],
  ACCOUNT_NEEDED: ['flow/users-and-groups', 'who is on the list opens the machine by his name and password'],
  ACCOUNT_UNLISTED: ['flow/users-and-groups', 'who is on the list opens the machine by his name and password'],
  ACCOUNT_DISABLED: ['flow/users-and-groups', 'once its remedy has been followed he is'],
  ACCOUNT_EXPIRED: ['flow/users-and-groups', 'once its remedy has been followed he is'],
  ACCOUNT_LOCKED: ['flow/users-and-groups', 'once its remedy has been followed he is'],
  ACCOUNT_PASSWORD: ['flow/users-and-groups', 'once its remedy has been followed he is'],
  ACCOUNT_NOT_NOW: ['flow/users-and-groups', 'once its remedy has been followed he is'],
  DOMAIN_UNREACHABLE: ['flow/users-and-groups', 'once its remedy has been followed he is'],
  DOMAIN_UNSAFE: ['flow/users-and-groups', 'once its remedy has been followed he is'],
  DOMAIN_INVALID: ['flow/users-and-groups', 'once its remedy has been followed he is'],
  DOMAIN_UNSET: ['flow/users-and-groups', 'once it is named, it does'],
  RECOVERY_KEY_MISSING: ['flow/recovery', 'once it is made, packages are too'],
  KEY_DAMAGED: ['flow/encryption', 'a backup of it does'],
  UPDATE_ROLLED_BACK: ['flow/not-undone', 'unless the machine is named; a newer package comes'],
  DEPLOY_UNKNOWN: [
    'flow/deployments',
    'a deploy that never was is none for the command line, and its remedy has the numbers',
  ],
  DEPLOY_FAILED: ['flow/deploy-to', 'the other computer gets the timestamp in a run of its own'],
  FETCH_PROXY: ['flow/proxy', 'a proxy that wants another login is named so'],
  PROJECT_CHANGED: ['flow/pages/versions', 'who saves later is told that somebody else has changed the file'],
  COMPUTER_UNREADY: ['flow/doctor-fix', 'what root can do about what the doctor found is done with --yes'],
  SUBNETS_TAKEN: ['system/subnets', 'where none is free the start is refused, and what the remedy says helps'],
  TASK_UNKNOWN: ['../src/manager/tasks/tasks', 'a task that nobody knows is refused; begun anew it is there'],
  TASKS_FULL: ['../src/manager/tasks/tasks', 'eight go on at once, a ninth is refused'],
  SUSPEND_IMPOSSIBLE: ['system/main-job', 'an update package replaces the machine and brings its version'],
  UPLOAD_CUT: ['flow/manager-import', 'more than was said, or less, is cut'],
  HOST_FILTER_FAILED: ['system/host-policy', 'rules that the packet filter does not take are seen, and tried again'],
};

/** Remedies that no test can try, and why. */
const UNTRIED: Partial<Record<ErrorCode, string>> = {
  INTERNAL: 'a bug: what is known of it is no failure with a code of its own yet',
  VM_STANDS_STILL:
    'only a fault of QEMU or of this computer’s disks brings it; src/run/machine/standing.test.ts has it with a QEMU of ours',
  VM_NOT_READY: 'nothing is to be done but to wait or to look; how long a guest takes is the computer’s own',
  LAYER_INVALID:
    'a layer’s bytes are held to their digest before they are read: only what was signed wrong gets so far',
  LAYER_TRUNCATED: 'as LAYER_INVALID',
  LAYER_HASH: 'as LAYER_INVALID',
  LAYER_TOO_LARGE: 'it would take a thousand releases or a disk of terabytes',
  FILTER_FAILED:
    'what the doctor names is this computer’s own; test/system/firewall-switch.test.ts shows that the machine stays closed',
  NETWORK_FAILED: 'what the doctor names is this computer’s own; test/flow/doctor.test.ts shows that it names it',
  ROOTLESS_UNAVAILABLE:
    'what is missing belongs to the computer; test/flow/doctor.test.ts shows that it is named, test/system/rootless.test.ts that such a service works',
};

/** The codes in the tables of remedies, each of which is a test. */
const inTables = new Map(
  globSync('test/flow/remedies*.test.ts', { cwd: ROOT }).flatMap((path) =>
    [...read(path).matchAll(/^ {2}\[\n? *'([A-Z_]+)',/gm)].map(([, code = '']) => [code, path] as const),
  ),
);

test('what every remedy says is tried by a test, or it is said why it cannot be', () => {
  const nowhere = Object.keys(ERRORS).filter(
    (code) => [inTables.has(code), code in TRIED, code in UNTRIED].filter(Boolean).length !== 1,
  );

  assert.deepEqual(nowhere, [], 'each code is in one place');
  assert.ok(inTables.size > 80);
  assert.ok(Object.keys(UNTRIED).length < 12);
});

test('every test that tries a remedy is there, and speaks of its code', () => {
  const missing = Object.entries(TRIED).filter(([code, [file, title]]) => {
    const text = read(`test/${file}.test.ts`);
    return !text.includes(title) || !text.includes(code);
  });

  assert.deepEqual(missing, []);
});

test('the tests that are named where a remedy is not tried are there', () => {
  const named = Object.values(UNTRIED).flatMap((why) => why.match(/(?:src|test)\/\S+\.test\.ts/g) ?? []);

  assert.ok(named.length >= 5);
  for (const path of named) assert.ok(read(path).length > 0, path);
});

test('the tables name codes that there are', () => {
  const unknown = [...inTables.keys()].filter((code) => !(code in ERRORS));

  assert.deepEqual(unknown, []);
});
