/** The programs that machines need, the packages they come in, and the least of them that will do. */
export interface NeededProgram {
  name: string;
  from: string;
  /** Its first releases that have what we use: older ones pass every other look and fail at the first start. */
  least?: readonly [major: number, minor: number];
  /** What it was not tried below. */
  tried?: readonly [major: number, minor: number];
  /** What its `--version` must name, as it was compiled. */
  needs?: string;
}

export const PROGRAMS: readonly NeededProgram[] = [
  { name: 'qemu-system-x86_64', from: 'qemu-system-x86', tried: [7, 2] },
  { name: 'qemu-img', from: 'qemu-utils', tried: [7, 2] },
  // Keys by a descriptor, and a folder by one, were tried with that.
  { name: 'swtpm', from: 'swtpm', tried: [0, 7] },
  { name: 'nft', from: 'nftables', tried: [1, 0] },
  { name: 'ip', from: 'iproute2' },
  { name: 'ss', from: 'iproute2' },
  // Sets that it fills came with 2.87.
  { name: 'dnsmasq', from: 'dnsmasq-base', least: [2, 87], needs: 'nftset' },
  { name: 'nsenter', from: 'util-linux' },
  { name: 'setpriv', from: 'util-linux' },
  { name: 'flock', from: 'util-linux' },
  { name: 'perl', from: 'perl-base' },
  // Of memory that is saved.
  { name: 'zstd', from: 'zstd', tried: [1, 5] },
  { name: 'bwrap', from: 'bubblewrap', tried: [0, 8] },
];

/** What is wrong with a program of which `said` is the answer to `--version`; undefined when nothing is. */
export function versionProblem(
  { name, least, tried, needs }: NeededProgram,
  said: string,
): { isNote: boolean; text: string } | undefined {
  const found = /(\d+)\.(\d+)/.exec(said);
  const version = [Number(found?.[1]), Number(found?.[2])] as const;
  if (least && (!found || isOlder(version, least)))
    return { isNote: false, text: `${name} is ${found?.[0] ?? 'of an unknown release'}; ${least.join('.')} is needed` };
  // Compile time options are words of their own, with “no-” before what is not there.
  if (needs !== undefined && !said.split(/\s+/).includes(needs))
    return { isNote: false, text: `${name} was compiled without ${needs}` };
  if (tried && found && isOlder(version, tried))
    return { isNote: true, text: `${name} is ${found[0]}; ${tried.join('.')} and newer were tried` };
  return undefined;
}

function isOlder(
  [major, minor]: readonly [number, number],
  [otherMajor, otherMinor]: readonly [number, number],
): boolean {
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}
