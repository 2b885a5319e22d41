#!/bin/sh
# QEMU 7.2: `chardev-change` leads a serial port to something else while its machine runs, and refuses it for a parallel port, though
# both are character devices of the ISA bus and are given their backend by the same option. So a parallel port leads for good to
# what it was started with: to a socket, where what is behind it is to change.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
version=1:7.2+dfsg-7+deb12u18+b3
apt-get download -q "qemu-system-x86=$version" "qemu-system-common=$version" qemu-system-data seabios >/dev/null
for file in ./*.deb; do dpkg-deb -x "$file" root; done
qemu=root/usr/bin/qemu-system-x86_64
$qemu --version | head -n 1
change() {
  printf '{"execute":"chardev-change","arguments":{"id":"%s","backend":{"type":"file","data":{"out":"%s"}}}}\n' "$1" "$folder/$1"
}
seen=$({ echo '{"execute":"qmp_capabilities"}'; change com; change lpt; echo '{"execute":"quit"}'; } |
  timeout 20 $qemu -L root/usr/share/qemu -L root/usr/share/seabios -M pc -accel tcg -m 64 -nodefaults -display none -S -qmp stdio \
    -chardev null,id=com -device isa-serial,chardev=com -chardev null,id=lpt -device isa-parallel,chardev=lpt |
  sed -n 's/.*"desc": "\([^"]*\)".*/refused: \1/p; s/^{"return": {}}.*/done/p')
echo "$seen"
[ "$(echo "$seen" | sed -n '2,3p')" = "done
refused: Chardev user does not support chardev hotswap" ] || { echo 'this has changed' >&2; exit 1; }
