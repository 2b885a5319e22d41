#!/bin/sh
# QEMU 7.2: a `dgram` (or `stream`) netdev is made before every tap, whatever the order of the options. Its socket is therefore no
# sign that the taps are there: whoever waits for it, to plug in a cable or to give a tap an address, waits for the tap itself.
# Here the tap cannot be made, and QEMU ends; it stands first, and the socket of the netdev behind it has been made all the same.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
version=1:7.2+dfsg-7+deb12u18+b3
apt-get download -q "qemu-system-x86=$version" "qemu-system-common=$version" qemu-system-data seabios >/dev/null
for file in ./*.deb; do dpkg-deb -x "$file" root; done
qemu=root/usr/bin/qemu-system-x86_64
$qemu --version | head -n 1
try() {
  rm -f socket
  timeout 20 $qemu -M none -nodefaults -display none -S -monitor none "$@" 2>&1 | grep -o 'bridge helper failed' || true
  [ -S socket ] && echo "$1 $2: the socket is there" || echo "$1 $2: no socket"
}
tap='tap,id=t,br=none,helper=/bin/false'
dgram='dgram,id=d,local.type=unix,local.path=socket,remote.type=unix,remote.path=other'
seen=$(try -netdev "$tap" -netdev "$dgram"; try -netdev "$dgram" -netdev "$tap")
echo "$seen"
case $seen in
  *'bridge helper failed'*'-netdev tap'*'the socket is there'*'bridge helper failed'*'-netdev dgram'*'the socket is there'*) ;;
  *) echo 'this has changed' >&2; exit 1 ;;
esac
