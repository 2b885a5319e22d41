import { type CommandWords, typed } from '../../../lib/command-words.ts';

/** Who stops what machines send, and the command that lets it through. */
export interface Stopper {
  program: string;
  command: string;
}

const IPTABLES = (chain: string): readonly CommandWords[] =>
  ['-i', '-o'].map((way) => ['iptables', '-I', chain, way, 'lz-+', '-j', 'ACCEPT']);
const FIREWALLD: readonly CommandWords[] = [
  ['firewall-cmd', '--permanent', '--zone=trusted', '--add-interface=lz-+'],
  ['firewall-cmd', '--reload'],
];

/**
 * The table that stops forwarded packets which nothing in it lets through, by what `nft list ruleset` says; an accept of ours
 * does not overrule it. Rules that let lz-* through are taken at their word.
 */
export function findStopper(ruleset: string): Stopper | undefined {
  const found = stopperIn(ruleset);
  return found && { program: found.program, command: found.commands.map(typed).join('; ') };
}

/** What lets machines through it, a program after the other. */
export function waysThrough(ruleset: string): readonly CommandWords[] {
  return stopperIn(ruleset)?.commands ?? [];
}

function stopperIn(ruleset: string): { program: string; commands: readonly CommandWords[] } | undefined {
  for (const text of ruleset.split(/^table /m).slice(1)) {
    const [, family = '', name = ''] = /^(\S+) (\S+) \{/.exec(text) ?? [];
    if (name.startsWith('lazaret') || /[io]ifname "lz-/.test(text)) continue;
    for (const chain of text.split(/^\tchain /m).slice(1))
      if (stops(chain)) return stopperOf(family, name, text, chain);
  }
  return undefined;
}

function stops(chain: string): boolean {
  const hooked = /hook forward priority [^;]*; policy (\w+);/.exec(chain);
  return (
    hooked !== null &&
    (hooked[1] === 'drop' || /^\t\t(?:counter (?:packets \d+ bytes \d+ )?)?(?:drop|reject\b)/m.test(chain))
  );
}

function stopperOf(family: string, table: string, text: string, chain: string) {
  if (table === 'firewalld') return { program: 'firewalld', commands: FIREWALLD };
  if (/^\tchain DOCKER-USER \{/m.test(text)) return { program: 'Docker', commands: IPTABLES('DOCKER-USER') };
  if (/^\tchain ufw-/m.test(text)) return { program: 'ufw', commands: IPTABLES('FORWARD') };
  if (family === 'ip' && table === 'filter') return { program: 'iptables', commands: IPTABLES('FORWARD') };
  const name = /^\S+/.exec(chain)?.[0] ?? '';
  const commands = ['iifname', 'oifname'].map(
    // nft wants quotes of its own around a name with a star.
    (way): CommandWords => ['nft', 'insert', 'rule', family, table, name, way, '"lz-*"', 'accept'],
  );
  return { program: `the table ${family} ${table}`, commands };
}
