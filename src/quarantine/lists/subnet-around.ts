import ipaddr from 'ipaddr.js';

/** The subnet of so many bits that an IPv4 address is in. */
export function subnetAround(address: string, bits: number): string {
  return `${ipaddr.IPv4.networkAddressFromCIDR(`${address}/${bits}`)}/${bits}`;
}

/** Such subnets without those that are inside another of them, each once: what nftables takes as one set. */
export function outermost(cidrs: readonly string[]): string[] {
  const all = new Set(cidrs);
  const lengths = [...new Set([...all].map(bitsOf))];
  return [...all].filter((cidr) => {
    const [address = ''] = cidr.split('/');
    return !lengths.some((bits) => bits < bitsOf(cidr) && all.has(subnetAround(address, bits)));
  });
}

function bitsOf(cidr: string): number {
  return Number(cidr.split('/')[1]);
}
