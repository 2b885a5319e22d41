#!/bin/sh
# qemu-img 7.2: a new qcow2 image is no whole number of sectors long: 196616 bytes for a disk of 1 MiB, 197248 for 40 GiB. What ends the file
# is a table that QEMU reads. Whoever puts an image into a container that counts in sectors (LUKS, a loop device) fills up the last one.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
apt-get download -q qemu-utils=1:7.2+dfsg-7+deb12u18+b3 liburing2=2.3-3 libaio1=0.3.113-4 >/dev/null
for file in ./*.deb; do dpkg-deb -x "$file" root; done
LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu); export LD_LIBRARY_PATH
qemu_img=root/usr/bin/qemu-img
$qemu_img --version | head -n 1
for size in 1M 40G; do
  $qemu_img create -q -f qcow2 $size.qcow2 $size
  bytes=$(stat -c %s $size.qcow2)
  echo "$size: $bytes bytes, $((bytes % 512)) beyond whole sectors"
done | tee seen
printf '1M: 196616 bytes, 8 beyond whole sectors\n40G: 197248 bytes, 128 beyond whole sectors\n' | cmp -s - seen || { echo 'this has changed' >&2; exit 1; }
