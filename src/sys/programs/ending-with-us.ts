/** A program that begins when its parent has gone already does not begin. `$0` is whose child it should be. */
const WHILE_WE_ARE = '[ "$PPID" = "$0" ] && exec "$@"';

/** The command that is ended with this process, however that ends. What it runs must not fork. */
export function endingWithUs(command: readonly string[]): string[] {
  return ['setpriv', '--pdeathsig', 'KILL', 'sh', '-c', WHILE_WE_ARE, `${process.pid}`, ...command];
}
