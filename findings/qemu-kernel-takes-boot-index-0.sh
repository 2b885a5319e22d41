#!/bin/sh
# QEMU 7.2: `-kernel` keeps boot index 0 for itself. A disk that is given `bootindex=0`, the only device with one, is refused
# as a duplicate; with 1 it starts. Where a machine may start by firmware or by a kernel, count its devices from 1.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
version=1:7.2+dfsg-7+deb12u18+b3
apt-get download -q "qemu-system-x86=$version" "qemu-system-common=$version" qemu-system-data seabios >/dev/null
for file in ./*.deb; do dpkg-deb -x "$file" root; done
qemu=root/usr/bin/qemu-system-x86_64
$qemu --version | head -n 1
truncate -s 1M disk.raw
# A boot sector and the head of a kernel image of the protocol 2.0 that says that it is one, and does nothing.
{ head -c 497 /dev/zero; printf '\001\0\0\0\0\0\0\0\0\0\0\0\0\125\252'; printf '\353\0HdrS\0\002'; head -c 1528 /dev/zero; } >kernel
try() {
  timeout 20 $qemu -M q35,accel=tcg -m 32 -nodefaults -display none -S -L root/usr/share/qemu -L root/usr/share/seabios \
    -kernel kernel -drive if=none,id=d,format=raw,file=disk.raw -device "virtio-blk-pci,drive=d,bootindex=$1,romfile=" \
    -monitor stdio </dev/null 2>&1 | grep -o 'The bootindex [0-9]* has already been used' || echo "bootindex=$1 starts"
}
seen=$(try 0; try 1)
echo "$seen"
case $seen in *'The bootindex 0 has already been used'*'bootindex=1 starts'*) ;; *) echo 'this has changed' >&2; exit 1 ;; esac
