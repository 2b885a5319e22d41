#!/bin/sh
# Node 24.11.1 (26.10 is the same): `Resolver.setServers` takes a link-local address with its zone (`fe80::1%eth0`), as resolv.conf(5) has
# them on networks of IPv6 alone, and drops the zone without a word. Such an address means nothing without it, so the server
# is never asked: the question fails. A datagram socket of Node's takes the same address with its zone.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm install --silent --no-save node@24.11.1 >/dev/null
cat >try.mjs <<'TRY'
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
const server = createSocket('udp6');
let asked = 0;
server.on('message', () => { asked += 1; });
await new Promise((done) => server.bind(53, '::', done));
const client = createSocket('udp6');
await new Promise((done) => client.send('hello', 53, 'fe80::1%v0', done));
await new Promise((done) => setTimeout(done, 300));
console.log('a datagram to fe80::1%v0 arrives:', asked === 1);
const resolver = new Resolver({ timeout: 500, tries: 1 });
resolver.setServers(['fe80::1%v0']);
console.log('setServers([fe80::1%v0]) gives', JSON.stringify(resolver.getServers()));
await resolver.resolve4('some.test').catch(({ code }) => console.log('a question ends with', code));
console.log('the server was asked:', asked > 1);
process.exit();
TRY
# An interface of our own with the address, in a network namespace of our own.
seen=$(unshare -n sh -c 'ip link set lo up; ip link add v0 type veth peer name v1; ip link set v1 up; ip link set v0 up
  ip address add fe80::1/64 dev v0 nodad; echo "node $(node_modules/.bin/node --version)"; exec node_modules/.bin/node try.mjs')
echo "$seen"
case $seen in *'arrives: true'*'gives ["fe80::1"]'*'the server was asked: false'*) ;; *) echo 'this has changed' >&2; exit 1 ;; esac
