import { constants } from 'node:os';
import { AppError } from '../../lib/errors.ts';
import { fileError } from '../files/file-error.ts';
import { run } from './exec.ts';
import { groupsOfUser } from './users.ts';

const HAND_MS = 10_000;
const NOT_OPENED = 3;
const NOT_TAKEN = 4;

/**
 * Opens a file with the rights of a user, in a process that nobody but root can look into, and hands it to QEMU’s monitor as root again.
 * In Perl because Node passes no descriptors on, nor takes another user’s rights for one call; every Debian and Ubuntu has perl-base. A
 * pipe without a writer opens at once. The message is a struct msghdr with SCM_RIGHTS, as 64-bit Linux has it.
 */
const HAND = `use IO::Socket::UNIX; use Fcntl qw(:DEFAULT :mode); use POSIX ();
  my ($path, $mode, $takes, $socket, $set, $label, $uid, @groups) = @ARGV;
  if (defined $uid) { $) = join ' ', $groups[0], @groups; $> = $uid; die "cannot be user $uid\\n" unless $> == $uid; }
  unless (sysopen(my $file, $path, ($mode eq 'rw' ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_NOCTTY)) { print 'errno ', $! + 0; exit ${NOT_OPENED}; }
  else {
    $> = $< if defined $uid;
    my ($type, $rdev, $size) = (stat $file)[2, 6, 7];
    my $major = $rdev >> 8 & 0xfff;
    my $is = S_ISREG($type) && $size > 0 ? 'file' : S_ISBLK($type) && $major == 11 ? 'drive' : S_ISCHR($type) && $major == 189 ? 'usb' : S_ISCHR($type) && -t $file ? 'terminal' : 'other';
    print "$is $size"; exit 0 unless $takes =~ /\\b$is\\b/;
    my $qemu = IO::Socket::UNIX->new(Peer => $socket) or exit ${NOT_TAKEN};
    my $hear = sub { my $line = ''; while (sysread $qemu, my $byte, 1) { $line .= $byte; last if $byte eq "\\n" } $line };
    $hear->(); syswrite $qemu, qq({"execute":"qmp_capabilities"}\\n); $hear->();
    my $text = qq({"execute":"add-fd","arguments":{"fdset-id":$set,"opaque":"$label"}}\\n);
    my $bytes = pack 'P Q', $text, length $text;
    my $rights = pack 'Q i i i x4', 20, 1, 1, fileno $file;
    my $message = pack 'Q L x4 P Q P Q i x4', 0, 0, $bytes, 1, $rights, length $rights, 0;
    my $sendmsg = { x86_64 => 46, aarch64 => 211 }->{(POSIX::uname())[4]} // exit ${NOT_TAKEN};
    syscall($sendmsg, fileno $qemu, $message, 0) == length $text && $hear->() =~ /"return"/ or exit ${NOT_TAKEN};
  }`;

/** What is handed to a QEMU, and how. */
export interface Handing {
  path: string;
  isWritable: boolean;
  /** Only what is one of these is handed on. */
  takes: readonly Handed['is'][];
  /** A monitor of QEMU’s that nobody else is connected to. */
  monitor: string;
  /** The number under which QEMU finds it: `/dev/fdset/<set>`. */
  set: number;
  /** What QEMU is told that it is for: the name of a device. */
  label: string;
  /** Whose rights it is opened with; root’s where that is undefined. */
  uid: number | undefined;
}

/** What was opened: an ordinary file that is not empty, a drive for discs, a USB device, a serial port or another terminal. */
export interface Handed {
  is: 'file' | 'drive' | 'usb' | 'terminal';
  bytes: number;
}

/**
 * Hands QEMU a file that the user may use, as an open descriptor: QEMU needs no right to it, and root’s rights open nothing for him.
 * Returns undefined, and has handed nothing, where it is none of what is taken.
 * @throws FILE_MISSING, FILE_DENIED, FILE_INVALID, VM_FAILED, PROGRAM_TIMEOUT
 */
export async function handFile(handing: Handing): Promise<Handed | undefined> {
  const { path, isWritable, takes, monitor, set, label, uid } = handing;
  const user = uid === undefined ? [] : [uid, ...(await requireGroups(uid))].map(String);
  const args = ['-e', HAND, path, isWritable ? 'rw' : 'r', takes.join(), monitor, `${set}`, label, ...user];
  const { stdout, exitCode } = await run('perl', args, { timeoutMs: HAND_MS, allow: [NOT_OPENED, NOT_TAKEN] });
  const [is = '', number = ''] = stdout.split(' ');
  if (exitCode === NOT_OPENED) throw notOpened(Number(number), path);
  if (exitCode === NOT_TAKEN) throw new AppError('VM_FAILED', `QEMU does not take ${path}`, { details: { path } });
  const found = takes.find((taken) => taken === is);
  return found && { is: found, bytes: Number(number) };
}

/** @throws FILE_DENIED where this computer knows no such user */
export async function requireGroups(uid: number): Promise<number[]> {
  const groups = await groupsOfUser(uid);
  if (groups.length > 0) return groups;
  throw new AppError('FILE_DENIED', `this computer knows no user of number ${uid}, whose file that could be`);
}

/** Why a file could not be opened, by the kernel’s number for it. */
export function notOpened(number: number, path: string): unknown {
  const code = Object.entries(constants.errno).find(([, each]) => each === number)?.[0];
  const cause = Object.assign(new Error(`open: ${code ?? number}`), { code });
  const failure = fileError(cause, path);
  return failure === cause ? new AppError('FILE_DENIED', `${path} cannot be opened: ${code}`, { cause }) : failure;
}
