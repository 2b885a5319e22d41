import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { testProgram } from '../../../lab/programs.ts';
import { guestAddresses } from '../../../src/firewall/addresses.ts';
import { USUAL_SUBNETS } from '../../../src/quarantine/subnets.ts';
import { hasProgram } from '../../../src/sys/programs/exec.ts';
import type { Ends } from '../../fakes/made-project.ts';
import { plugCable, sendFrames } from './cable.ts';
import { Remote } from './calls.ts';
import { ip, ipIn, output } from './commands.ts';
import type { Saying } from './dns.ts';
import { MAC } from './frames.ts';
import { everything, only } from './lists.ts';
import type { Choice } from './service.ts';
import { until } from './until.ts';

const PROGRAMS = ['ip', 'nft', 'nsenter', 'setpriv', 'dnsmasq', 'busybox', 'qemu-system-x86_64'];
const HERE = import.meta.dirname;
const SERVICE = testProgram('test/system/net/service.ts');
let count = 0;

/** The computers of the test network; the last part of each address is 2, the host’s is 1. */
export const SERVERS = { updates: '10.1.0.2', intranet: '10.2.0.2', outside: '10.3.0.2' } as const;
/** The same where the network has IPv6. */
export const SERVERS6 = { updates: '2001:db8:1::2', intranet: '2001:db8:2::2', outside: '2001:db8:3::2' } as const;
export type Server = keyof typeof SERVERS;

/** Why the network cannot be tried here, or false. */
export function whyNot(): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  const missing = PROGRAMS.filter((program) => !hasProgram(program));
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  return existsSync('/dev/net/tun') ? false : 'there is no /dev/net/tun';
}

/**
 * A host and three servers, each a network namespace of its own, and the service in the host’s. The guest is a namespace
 * too, on a cable that also takes frames from the test.
 */
export class Lab {
  readonly folder = mkdtempSync(join(tmpdir(), 'lazaret-net-'));
  readonly id = `${process.pid}-${++count}`;
  readonly uid = 40_000 + count * 2;
  service: Remote;
  readonly #peers = new Map<string, Remote>();
  readonly #programs: ChildProcess[] = [];
  #enter: readonly string[] = [];
  #guest: Remote | undefined;
  #addresses = guestAddresses(USUAL_SUBNETS);
  #another: Remote | undefined;

  private constructor() {
    ip('netns', 'add', this.namespace('host'));
    ipIn(this.namespace('host'), 'link set lo up');
    let at = 1;
    for (const name of Object.keys(SERVERS)) {
      ip('netns', 'add', this.namespace(name));
      ipIn(
        this.namespace('host'),
        `link add v-${name} type veth peer name eth0 netns ${this.namespace(name)}`,
        `address add 10.${at}.0.1/24 dev v-${name}`,
        `link set v-${name} addrgenmode none up`,
      );
      ipIn(
        this.namespace(name),
        'link set lo up',
        `address add 10.${at}.0.2/24 dev eth0`,
        'link set eth0 up',
        `route add default via 10.${at}.0.1`,
      );
      at += 1;
    }
    this.service = this.startService();
  }

  static start(t: Ends): Lab {
    const lab = new Lab();
    t.after(() => lab.#end());
    return lab;
  }

  /** Gives the network IPv6, before a machine is opened that is to have it. */
  addIpv6(): void {
    for (const [name, address] of Object.entries(SERVERS6)) {
      const router = address.replace(/2$/, '1');
      ipIn(this.namespace('host'), `address add ${router}/64 dev v-${name} nodad`);
      ipIn(this.namespace(name), `address add ${address}/64 dev eth0 nodad`, `route add default via ${router}`);
    }
  }

  /** The guest’s IPv6 address as its lease has it, and the router that is advertised to it. */
  configureIpv6(): void {
    const guest = this.namespace('guest');
    ipIn(guest, `address add ${this.#addresses.guest6}/128 dev g0 nodad`, 'route replace default via fe80::1 dev g0');
  }

  /** Another service, as after a restart, whose programs are looked for in `programs` first. */
  startService(programs?: string): Remote {
    this.service = new Remote(this.inside('host'), SERVICE, [this.folder], programsFirst(programs));
    return this.service;
  }

  /** A second service beside the first, with a folder of its own, as a preview has. */
  anotherService(programs?: string): Remote {
    const folder = mkdtempSync(join(this.folder, 'another-'));
    this.#another = new Remote(this.inside('host'), SERVICE, [folder], programsFirst(programs));
    return this.#another;
  }

  choice(more: Partial<Choice> = {}): Choice {
    return {
      id: this.id,
      number: 4000 + count,
      mac: MAC,
      uid: this.uid,
      dnsUid: this.uid + 1,
      resolvers: [SERVERS.updates],
      normal: everything,
      restricted: only(SERVERS.updates),
      ...more,
    };
  }

  /** A file that names resolvers, as the computer’s resolv.conf does. */
  resolverFile(...addresses: string[]): string {
    const path = join(this.folder, 'etc', 'resolv.conf');
    chmodSync(this.folder, 0o755);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, addresses.map((address) => `nameserver ${address}\n`).join(''));
    return path;
  }

  /** Opens the machine’s network and plugs the guest in. */
  async open(more: Partial<Choice> = {}): Promise<Remote> {
    this.#enter = await this.service.call('open', this.choice(more));
    this.#addresses = guestAddresses((await this.service.call('own', this.id)).subnets);
    await this.service.call('openForwarding', this.id);
    return this.plugIn();
  }

  /** The words that lead into the machine’s namespace. */
  get enter(): readonly string[] {
    return this.#enter;
  }

  get guest(): Remote {
    if (!this.#guest) throw new Error('there is no guest yet');
    return this.#guest;
  }

  server(name: Server): Remote {
    return this.peer(name);
  }

  /** A computer of the network that does as it is told; started when it is first asked for. */
  peer(name: string): Remote {
    const peer = this.#peers.get(name) ?? new Remote(this.inside(name), join(HERE, 'peer.ts'));
    this.#peers.set(name, peer);
    return peer;
  }

  /** Plugs the guest in by a cable. */
  async plugIn(): Promise<Remote> {
    await plugCable({
      machine: this.#enter[1]?.split('/').at(-1) ?? '',
      ...{ uid: this.uid, guest: this.namespace('guest'), addresses: this.#addresses, frames: this.#frames },
      run: (program, args) => this.run(this.#enter, program, args),
    });
    this.#guest = new Remote(this.inside('guest'), join(HERE, 'peer.ts'));
    return this.#guest;
  }

  /** Puts frames on the guest’s cable as they are. */
  sendFrames(frames: readonly Buffer[]): Promise<void> {
    return sendFrames(this.#frames, frames);
  }

  get #frames(): string {
    return `${this.folder}/frames`;
  }

  namespace(name: string): string {
    return `lztest-${this.id}-${name}`;
  }

  inside(name: string): string[] {
    return ['nsenter', `--net=/run/netns/${this.namespace(name)}`];
  }

  inGuest(program: string, ...args: string[]): string {
    return output([...this.inside('guest'), program, ...args]);
  }

  inHost(program: string, ...args: string[]): string {
    return output([...this.inside('host'), program, ...args]);
  }

  inMachine(program: string, ...args: string[]): string {
    return output([...this.#enter, program, ...args]);
  }

  /** Changes the machine’s rules behind the service’s back. */
  nft(commands: string): void {
    const [program = '', ...args] = [...this.#enter, 'nft', '-f', '-'];
    execFileSync(program, args, { input: commands, stdio: ['pipe', 'ignore', 'pipe'] });
  }

  /** Starts a program that ends with the test. */
  run(enter: readonly string[], program: string, args: readonly string[]): ChildProcess {
    const [first = program, ...rest] = [...enter, program, ...args];
    const child = spawn(first, rest, { stdio: ['ignore', 'ignore', 'ignore'] });
    this.#programs.push(child);
    return child;
  }

  /** A server for names in the server’s namespace, with the addresses it is to tell. */
  async serveNames(server: Server, names: Record<string, string>): Promise<ChildProcess> {
    const addresses = Object.entries(names).map(([name, address]) => `--address=/${name}/${address}`);
    const program = this.run(this.inside(server), 'dnsmasq', [
      ...['-k', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--bind-interfaces', '--interface=eth0'],
      ...['--user=root', '--pid-file=', '--log-facility=/dev/null', '--local-ttl=30', ...addresses],
    ]);
    const peer = this.server(server);
    await until(async () => Array.isArray(await peer.call('resolve', Object.keys(names)[0], SERVERS[server])));
    return program;
  }

  /** A server for names that says what it is told to, true or not. */
  async sayNames(server: Server, sayings: Record<string, Saying>): Promise<void> {
    await this.server(server).call('say', sayings);
    await this.server(server).call('serveDns', SERVERS[server]);
  }

  /** What the sets of names hold, by address, with the seconds that each stays. */
  heldNames(): Map<string, number> {
    const { nftables } = JSON.parse(this.inMachine('nft', '-j', 'list', 'sets', 'inet'));
    const elements = nftables.flatMap(({ set }: { set?: { name: string; elem?: unknown[] } }) =>
      set && /_n\d+a?_[46]$/.test(set.name) ? (set.elem ?? []) : [],
    );
    return new Map(elements.map(({ elem }: { elem: { val: string; expires: number } }) => [elem.val, elem.expires]));
  }

  /** What the host’s administrator would see of its network. */
  hostDump(): string {
    const flags = this.inHost(
      'sh',
      '-c',
      'cd /proc/sys/net; grep -H . ipv4/conf/*/forwarding ipv4/ip_forward ipv6/conf/*/forwarding ipv6/conf/*/accept_ra',
    );
    return [
      this.inHost('nft', 'list', 'ruleset'),
      this.inHost('ip', '-o', 'address'),
      this.inHost('ip', 'route', 'show', 'table', 'all'),
      this.inHost('ip', '-6', 'route', 'show', 'table', 'all'),
      this.inHost('ip', 'rule'),
      flags,
    ].join('\n');
  }

  async #end(): Promise<void> {
    try {
      await this.#removeNetworks();
    } finally {
      for (const remote of [this.service, this.#guest, this.#another, ...this.#peers.values()]) await remote?.end();
      for (const program of this.#programs) program.kill('SIGKILL');
      for (const name of ['host', 'guest', ...Object.keys(SERVERS)])
        if (existsSync(`/run/netns/${this.namespace(name)}`)) ip('netns', 'delete', this.namespace(name));
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  async #removeNetworks(): Promise<void> {
    await this.service.end();
    await this.#another?.end();
    const cleaner = this.startService();
    await cleaner.call('remove', this.id);
    await cleaner.call('remove', `${this.id}-b`);
  }
}

function programsFirst(folder: string | undefined): Record<string, string> {
  return folder === undefined ? {} : { PATH: `${folder}:${process.env['PATH']}` };
}
