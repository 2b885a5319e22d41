/** Who stops what machines send, and the command that lets it through. */
export interface Stopper {
  program: string;
  command: string;
}

const IPTABLES = (chain: string) => `iptables -I ${chain} -i lz-+ -j ACCEPT; iptables -I ${chain} -o lz-+ -j ACCEPT`;
const FIREWALLD = 'firewall-cmd --permanent --zone=trusted --add-interface=lz-+; firewall-cmd --reload';

/**
 * The table that stops forwarded packets which nothing in it lets through, by what `nft list ruleset` says; an accept of ours
 * does not overrule it. Rules that let lz-* through are taken at their word.
 */
export function findStopper(ruleset: string): Stopper | undefined {
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

function stopperOf(family: string, table: string, text: string, chain: string): Stopper {
  if (table === 'firewalld') return { program: 'firewalld', command: FIREWALLD };
  if (/^\tchain DOCKER-USER \{/m.test(text)) return { program: 'Docker', command: IPTABLES('DOCKER-USER') };
  if (/^\tchain ufw-/m.test(text)) return { program: 'ufw', command: IPTABLES('FORWARD') };
  if (family === 'ip' && table === 'filter') return { program: 'iptables', command: IPTABLES('FORWARD') };
  const place = `nft insert rule ${family} ${table} ${/^\S+/.exec(chain)?.[0]}`;
  const command = `${place} iifname '"lz-*"' accept; ${place} oifname '"lz-*"' accept`;
  return { program: `the table ${family} ${table}`, command };
}
