import { run } from './exec.ts';

/** Where a program that was started by `withSecretPipe` reads the secret. */
export const SECRET_PATH = '/dev/stdin';

/**
 * Reads the secret from what it is given as standard input, which may be a socket or another user’s, and puts it into a pipe of its own,
 * which can be opened by name: QEMU and its tools open files only. A secret of more than a pipe holds would never arrive.
 */
const PASS_ON = `local $/; my $secret = <STDIN>; pipe(my $in, my $out) or die "no pipe: $!\\n";
  defined syswrite($out, $secret) or die "no secret: $!\\n"; close $out; open(STDIN, '<&', $in) or die "no input: $!\\n";
  exec { $ARGV[0] } @ARGV or die "cannot start $ARGV[0]: $!\\n";`;

/**
 * The command that finds in `SECRET_PATH` what was written to its standard input, and leaves no core dump with it. In Perl, which every
 * Debian and Ubuntu has: Node’s own pipes are sockets.
 */
export function withSecretPipe(command: readonly string[]): string[] {
  return withoutCore(['perl', '-e', PASS_ON, ...command]);
}

/** The same for this process, and what it starts from now on. @throws PROGRAM_MISSING, PROGRAM_FAILED */
export async function leaveNoCore(): Promise<void> {
  await run('prlimit', ['--core=0:0', '--pid', `${process.pid}`]);
}

/** The command that leaves no core dump, whatever becomes of it: what is secret in its memory stays there. */
export function withoutCore(command: readonly string[]): string[] {
  return ['prlimit', '--core=0:0', '--', ...command];
}
