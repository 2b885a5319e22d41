#!/bin/sh
# dnsmasq 2.90: of two `nftset=` lines for one domain only the first fills its set; the second is taken without a word. (Lines
# for a domain and one below it are each other's exception, as `server=` lines are; these are for the very same.) To fill
# several sets, name them all in one line, parted by commas.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
apt-get download -q dnsmasq-base=2.90-4~deb12u2 nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 >/dev/null
for file in ./*.deb; do dpkg-deb -x "$file" root; done
LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu); export LD_LIBRARY_PATH
cat >try.py <<'TRY'
import socket, struct, subprocess, time
def nft(words): return subprocess.check_output(['root/usr/sbin/nft', words], text=True)
print(subprocess.check_output(['root/usr/sbin/dnsmasq', '--version'], text=True).split('\n')[0])
nft('add table inet t')
for name in 'abcd': nft('add set inet t %s { type ipv4_addr; }' % name)
open('conf', 'w').write('\n'.join([
    'keep-in-foreground', 'no-resolv', 'no-hosts', 'port=5353', 'listen-address=127.0.0.1', 'bind-interfaces', 'user=root',
    'pid-file=', 'server=127.0.0.2#5354',
    'nftset=/two-lines.test/4#inet#t#a', 'nftset=/two-lines.test/4#inet#t#b',
    'nftset=/one-line.test/4#inet#t#c,4#inet#t#d', '']))
# A server that answers every question with one address.
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); server.bind(('127.0.0.2', 5354)); server.settimeout(10)
dnsmasq = subprocess.Popen(['root/usr/sbin/dnsmasq', '--conf-file=conf'], stderr=subprocess.DEVNULL)
def question(name):
    labels = b''.join(bytes([len(part)]) + part.encode() for part in name.split('.'))
    return struct.pack('>6H', 1, 0x100, 1, 0, 0, 0) + labels + b'\0' + struct.pack('>2H', 1, 1)
def ask(name, last):
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); client.settimeout(0.2)
    for _ in range(100):
        client.sendto(question(name), ('127.0.0.1', 5353))
        try: query, peer = server.recvfrom(512); break
        except OSError: time.sleep(0.05)
    end = query.index(b'\0', 12) + 5
    answer = query[:2] + struct.pack('>5H', 0x8180, 1, 1, 0, 0) + query[12:end]
    server.sendto(answer + struct.pack('>3HIH4B', 0xc00c, 1, 1, 60, 4, 192, 0, 2, last), peer)
    client.settimeout(10); client.recvfrom(512)
server.settimeout(0.2)
ask('two-lines.test', 1); ask('one-line.test', 2)
dnsmasq.kill(); dnsmasq.wait()
for name in 'abcd': print('set %s:' % name, 'filled' if '192.0.2.' in nft('list set inet t ' + name) else 'empty')
TRY
seen=$(unshare -n sh -c 'ip link set lo up; exec python3 try.py')
echo "$seen"
case $seen in *'set a: filled'*'set b: empty'*'set c: filled'*'set d: filled'*) ;; *) echo 'this has changed' >&2; exit 1 ;; esac
