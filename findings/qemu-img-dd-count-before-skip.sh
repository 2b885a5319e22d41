#!/bin/sh
# qemu-img 7.2: `qemu-img dd` counts `count` from the start of the input, not from where `skip` leads, though it takes dd's
# words. `skip=3 count=1` says "cannot skip to specified offset", copies nothing and exits 0; dd copies the fourth block. To copy N blocks behind `skip`, say
# `count` = skip + N.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
apt-get download -q qemu-utils=1:7.2+dfsg-7+deb12u18+b3 liburing2=2.3-3 libaio1=0.3.113-4 >/dev/null
for file in ./*.deb; do dpkg-deb -x "$file" root; done
LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu); export LD_LIBRARY_PATH
root/usr/bin/qemu-img --version | head -n 1
for letter in a b c d; do head -c 512 /dev/zero | tr '\0' $letter; done >four.raw
first() { [ -s "$1" ] && echo "$(wc -c <"$1") bytes of $(head -c 1 "$1")" || echo nothing; }
dd if=four.raw of=dd.out bs=512 skip=3 count=1 2>/dev/null
root/usr/bin/qemu-img dd -f raw -O raw if=four.raw of=one.out bs=512 skip=3 count=1
root/usr/bin/qemu-img dd -f raw -O raw if=four.raw of=four.out bs=512 skip=3 count=4
seen="dd skip=3 count=1: $(first dd.out)
qemu-img dd skip=3 count=1: $(first one.out)
qemu-img dd skip=3 count=4: $(first four.out)"
echo "$seen"
case $seen in *'512 bytes of d'*'count=1: nothing'*'count=4: 512 bytes of d'*) ;; *) echo 'this has changed' >&2; exit 1 ;; esac
