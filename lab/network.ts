import { type ChildProcess, execFileSync, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasProgram } from '../src/sys/programs/exec.ts';
import { atExit } from './at-exit.ts';
import {
  addNamespace,
  enter,
  inNamespace,
  newPrefix,
  nft,
  removeLeftovers,
  removeMachines,
  removeNamespace,
} from './namespaces.ts';

/** The servers of the site. `web` hands out policies and packages, and knows the names of the other two. */
export const SERVERS = { update: '10.88.20.2', intranet: '10.88.10.2', web: '10.88.30.2' } as const;
export type Server = keyof typeof SERVERS;
/** Their addresses where the site has IPv6 too; see `addIpv6`. */
export const SERVERS6 = { update: '2001:db8:20::2', intranet: '2001:db8:10::2', web: '2001:db8:30::2' } as const;
/** A computer of the site, or the user’s own. */
export type Place = Server | 'host';

/** Echo requests with so many bytes of content (`ping -s`) are counted apart. */
export const MARKED_BYTES = 100;
const HEADERS_BYTES = 28;
const COUNTERS = `table inet lab {
  counter marked { }
  counter others { }
  chain in {
    type filter hook input priority filter;
    icmp type echo-request ip length ${MARKED_BYTES + HEADERS_BYTES} counter name marked accept
    icmp type echo-request counter name others
  }
}`;
const PROGRAMS = ['ip', 'nft', 'nsenter', 'setpriv', 'dnsmasq', 'qemu-system-x86_64', 'qemu-img', 'mke2fs', 'cpio'];

/** Why no network can be made here, or false. */
export function whyNoNetwork(): string | false {
  if (process.getuid?.() !== 0) return 'needs root, or user namespaces and a /dev/net/tun that users may open';
  const missing = PROGRAMS.filter((program) => !hasProgram(program));
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  return existsSync('/dev/net/tun') ? false : 'there is no /dev/net/tun';
}

/** A site with its servers and one user’s computer, each a network namespace. Nothing of it reaches the computer we are on. */
export class LabNetwork implements AsyncDisposable {
  /** The site’s DNS server: update.lab.test, intranet.lab.test and web.lab.test. */
  readonly resolver = SERVERS.web;
  readonly #prefix = newPrefix();
  readonly #children: ChildProcess[] = [];
  readonly #servers = new Map<Server, ChildProcess>();
  #names: ChildProcess | undefined;
  readonly #exit = atExit(() => this.#remove());

  private constructor() {
    removeLeftovers();
    addNamespace(this.#namespace('host'));
    for (const [name, address] of Object.entries(SERVERS)) {
      const namespace = `${this.#prefix}-${name}`;
      const router = address.replace(/2$/, '1');
      addNamespace(namespace);
      inNamespace(this.#namespace('host'), [
        `link add v-${name} type veth peer name eth0 netns ${namespace}`,
        `address add ${router}/24 dev v-${name}`,
        `link set v-${name} addrgenmode none up`,
      ]);
      const inside = [`address add ${address}/24 dev eth0`, 'link set eth0 up', `route add default via ${router}`];
      inNamespace(namespace, inside);
    }
  }

  static async start(): Promise<LabNetwork> {
    const network = new LabNetwork();
    try {
      await network.#startServer('update');
      await network.#startServer('intranet');
      await network.#startNames(SERVERS);
      return network;
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Gives the site IPv6, its names too, and each server a page there, before a machine is started that is to have it. */
  async addIpv6(folder: string): Promise<void> {
    for (const [name, address] of Object.entries(SERVERS6) as [Server, string][]) {
      const router = address.replace(/2$/, '1');
      inNamespace(this.#namespace('host'), [`address add ${router}/64 dev v-${name} nodad`]);
      const inside = [`address add ${address}/64 dev eth0 nodad`, `route add default via ${router}`];
      inNamespace(this.#namespace(name), inside);
      const page = join(folder, `page-${name}`);
      mkdirSync(page);
      writeFileSync(join(page, 'index.html'), `${name}\n`);
      this.spawn(name, 'busybox', ['httpd', '-f', '-p', `[${address}]:80`, '-h', page], 'ignore');
    }
    if (this.#names) await ended(this.#names);
    await this.#startNames(SERVERS, SERVERS6);
  }

  /** Starts a program in one of the computers. It ends with this process at the latest. */
  spawn(place: Place, program: string, args: readonly string[], stdio: StdioOptions, env = process.env): ChildProcess {
    const [first = '', ...rest] = this.command(place, program, args);
    const child = spawn(first, rest, { stdio, env });
    this.#children.push(child);
    return child;
  }

  /** The words that start a program in one of the computers. */
  command(place: Place, program: string, args: readonly string[]): string[] {
    return [...enter(this.#namespace(place)), 'setpriv', '--pdeathsig', 'KILL', program, ...args];
  }

  /** What an administrator of the user’s computer would see of its network: rules, links, addresses, routes, flags, names. */
  hostState(): string {
    const looks = [
      'nft list ruleset',
      'ip -o link',
      'ip -o address',
      'ip route show table all',
      'ip -6 route show table all',
    ];
    const files =
      'cat /etc/resolv.conf /etc/hosts /etc/nsswitch.conf; grep -r . /proc/sys/net/ipv4 /proc/sys/net/ipv6/conf';
    const [program = '', ...args] = this.command('host', 'sh', [
      '-c',
      `(${[...looks, 'ip rule', files].join('; ')}) 2>&1; true`,
    ]);
    return execFileSync(program, args, { encoding: 'utf8' });
  }

  /** Lets what the web server hands out be had by TLS too; gives the certificate that says who web.lab.test is. */
  async startTls(folder: string): Promise<string> {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=web.lab.test', '-addext', `subjectAltName=DNS:web.lab.test,IP:${SERVERS.web}`];
    const how = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    execFileSync('openssl', [...how, ...subject, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    const args = [join(import.meta.dirname, 'tls-front.ts'), SERVERS.web, folder];
    const child = this.spawn('web', process.execPath, args, ['ignore', 'inherit', 'inherit', 'ipc']);
    await once(child, 'message');
    return certificate;
  }

  /** The words that lead into the namespace of the one machine that runs. */
  get enterMachine(): string[] {
    const [program = '', ...args] = this.command('host', 'ip', ['-o', 'link']);
    const uplink = /: lz-([0-9a-f]+)@/.exec(execFileSync(program, args, { encoding: 'utf8' }))?.[1];
    if (uplink === undefined) throw new Error('no machine runs');
    return enter(`lazaret-${uplink}`);
  }

  /** How many echo requests arrived since the last call: those of `MARKED_BYTES`, and all others. */
  pings(server: 'update' | 'intranet'): { marked: number; others: number } {
    const found = nft(this.#namespace(server), ['-j', 'reset', 'counters', 'table', 'inet', 'lab']);
    const packets = (name: string) => new RegExp(`"name": "${name}".*?"packets": (\\d+)`).exec(found)?.[1];
    return { marked: Number(packets('marked')), others: Number(packets('others')) };
  }

  /** Ends the machines that run on the user’s computer, whatever its service thinks of it. */
  endMachines(): void {
    removeMachines(this.#namespace('host'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const running = this.#children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const gone = running.map((child) => once(child, 'exit'));
    this.#remove();
    await Promise.all(gone);
    this.#exit.forget();
  }

  #namespace(place: Place): string {
    return `${this.#prefix}-${place}`;
  }

  async #startServer(name: 'update' | 'intranet'): Promise<void> {
    const args = [join(import.meta.dirname, 'server.ts'), name, SERVERS[name]];
    const child = this.spawn(name, process.execPath, args, ['ignore', 'inherit', 'inherit', 'ipc']);
    this.#servers.set(name, child);
    await once(child, 'message');
    nft(this.#namespace(name), ['-f', '-'], COUNTERS);
  }

  async #startNames(...families: Record<Server, string>[]): Promise<void> {
    const addresses = families.flatMap((ofFamily) => Object.entries(ofFamily));
    const names = addresses.map(([name, address]) => `--address=/${name}.lab.test/${address}`);
    const quiet = ['--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--pid-file=', '--log-facility=/dev/null'];
    const where = ['--bind-interfaces', '--interface=eth0', '--local-ttl=30'];
    const child = this.spawn('web', 'dnsmasq', ['--no-daemon', ...quiet, ...where, ...names], 'ignore');
    while (!isBound(child, 53)) await sleep(10);
    this.#names = child;
  }

  #remove(): void {
    for (const place of ['host', 'update', 'intranet', 'web'] as const) removeNamespace(this.#namespace(place));
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill();
  await gone;
}

/** Whether a program has a UDP port of its namespace. */
function isBound({ pid, exitCode }: ChildProcess, port: number): boolean {
  if (exitCode !== null) throw new Error(`a server ended with status ${exitCode}`);
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return readFileSync(`/proc/${pid}/net/udp`, 'utf8').includes(`:${hex} `);
}
