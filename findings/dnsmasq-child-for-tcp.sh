#!/bin/sh
# dnsmasq 2.90: for each connection over TCP it makes a child with the command line of its own, which stays as long as the
# client keeps the connection (some minutes at most). Whoever looks for a dnsmasq by its command line may find the child and
# end that: the one that was started serves on, with its sockets and its namespace. Take the one that has no parent like it.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
apt-get download -q dnsmasq-base=2.90-4~deb12u2 >/dev/null
dpkg-deb -x ./*.deb root
cat >try.py <<'TRY'
import glob, os, signal, socket, subprocess, time
program = 'root/usr/sbin/dnsmasq'
print(subprocess.check_output([program, '--version'], text=True).split('\n')[0])
words = [program, '--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--port=5353',
         '--listen-address=127.0.0.1', '--bind-interfaces', '--user=root', '--pid-file=']
first = subprocess.Popen(words, stderr=subprocess.DEVNULL)
def same():
    line = b'\0'.join(word.encode() for word in words) + b'\0'
    found = []
    for path in glob.glob('/proc/[0-9]*/cmdline'):
        try:
            if open(path, 'rb').read() == line: found.append(int(path.split('/')[2]))
        except OSError: pass
    return found
client = None
for _ in range(200):
    try: client = socket.create_connection(('127.0.0.1', 5353)); break
    except OSError: time.sleep(0.05)
for _ in range(200):
    if len(same()) == 2: break
    time.sleep(0.05)
print('processes of that command line while a client holds a connection:', len(same()))
child = next(pid for pid in same() if pid != first.pid)
os.kill(child, signal.SIGKILL)
for _ in range(200):
    if len(same()) == 1: break
    time.sleep(0.05)
print('after the child was killed:', len(same()))
first.kill(); first.wait()
TRY
# With --no-daemon it makes no children, and in a user namespace of one user it starts with nothing else: this needs root.
seen=$(unshare -n sh -c 'ip link set lo up; exec python3 try.py')
echo "$seen"
case $seen in *'connection: 2'*'killed: 1'*) ;; *) echo 'this has changed' >&2; exit 1 ;; esac
