#!/bin/sh
# qemu-img 7.2: the file of a new fixed VHDX ends where its disk ends, inside the last block, whose entry in the table says that it is wholly
# there. The format counts in whole blocks (8 MiB here), so a reader that looks for all of the last one takes a whole image for one that
# was cut. Once a guest writes, the file is as long as its blocks.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
apt-get download -q qemu-utils=1:7.2+dfsg-7+deb12u18+b3 liburing2=2.3-3 libaio1=0.3.113-4 >/dev/null
for file in ./*.deb; do dpkg-deb -x "$file" root; done
LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu); export LD_LIBRARY_PATH
root/usr/bin/qemu-img --version | head -n 1
root/usr/bin/qemu-img create -q -f vhdx -o subformat=fixed,block_size=8M new.vhdx 99328
cp new.vhdx written.vhdx
root/usr/bin/qemu-io -f vhdx -c 'write -q -P 1 0 4k' written.vhdx
for name in new written; do
  bytes=$(stat -c %s $name.vhdx)
  echo "$name: $bytes bytes, $((bytes % 1048576)) beyond whole MiB"
done | tee seen
printf 'new: 8487936 bytes, 99328 beyond whole MiB\nwritten: 17825792 bytes, 0 beyond whole MiB\n' | cmp -s - seen || { echo 'this has changed' >&2; exit 1; }
