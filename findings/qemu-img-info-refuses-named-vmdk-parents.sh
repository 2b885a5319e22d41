#!/bin/sh
# qemu-img 7.2: a VMDK that stands on another, both named by one `json:` description, is opened by `convert` and `compare`. `info` refuses the
# same description: "Block format 'vmdk' does not support the option 'backing.driver'". It opens the image without what is below it, and then
# finds that part of the description unused. Whoever asks for facts first asks about the uppermost file alone.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
apt-get download -q qemu-utils=1:7.2+dfsg-7+deb12u18+b3 liburing2=2.3-3 libaio1=0.3.113-4 >/dev/null
for file in ./*.deb; do dpkg-deb -x "$file" root; done
LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu); export LD_LIBRARY_PATH
qemu_img=root/usr/bin/qemu-img
$qemu_img --version | head -n 1
$qemu_img create -q -f vmdk below.vmdk 1M
$qemu_img create -q -f vmdk -b below.vmdk -F vmdk above.vmdk
below='{"driver":"vmdk","file":{"driver":"file","filename":"below.vmdk"}}'
both="json:{\"driver\":\"vmdk\",\"file\":{\"driver\":\"file\",\"filename\":\"above.vmdk\"},\"backing\":$below}"
{
  $qemu_img convert -O raw "$both" copy.raw && echo "convert: $(stat -c %s copy.raw) bytes"
  $qemu_img info "$both" >/dev/null 2>said && echo 'info: opened' || echo "info: $(sed "s/.*}': //" said)"
} | tee seen
printf "convert: 1048576 bytes\ninfo: Block format 'vmdk' does not support the option 'backing.driver'\n" | cmp -s - seen || { echo 'this has changed' >&2; exit 1; }
