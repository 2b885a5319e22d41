#!/bin/sh
# QEMU 7.2: a kernel that comes unpacked (an ELF file that starts by PVH) is given its initrd at the end of memory, and the room that is
# left there for the ACPI tables does not count the log of a TPM: with both, the initrd lies over the tables. Linux goes on without ACPI,
# and finds no TPM. A bzImage of the same kernel has its tables.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; tpm=; trap '[ -z "$tpm" ] || kill "$tpm" 2>/dev/null || true; rm -rf "$folder"' EXIT; cd "$folder"
version=1:7.2+dfsg-7+deb12u18+b3
kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
apt-get download -q "qemu-system-x86=$version" "qemu-system-common=$version" qemu-system-data seabios "$kernel" >/dev/null
apt-get download -q swtpm=0.7.1-1.3 swtpm-libs=0.7.1-1.3 libtpms0=0.9.2-3.1+deb12u1 >/dev/null
for file in ./*.deb; do dpkg-deb -x "$file" root; done
libraries=$(echo root/usr/lib/*-linux-gnu)
# The ELF file lies in the bzImage, packed with xz or lz4.
python3 - root/boot/vmlinuz-* <<'END'
import lzma, subprocess, sys
image = open(sys.argv[1], 'rb').read()
at = image.find(b'\xfd7zXZ\0')
if at >= 0: kernel = lzma.LZMADecompressor().decompress(image[at:])
else: kernel = subprocess.run(['lz4', '-dc'], input=image[image.find(b'\x02\x21\x4c\x18'):], capture_output=True).stdout
open('unpacked', 'wb').write(kernel)
END
head -c 2700000 /dev/urandom >initrd
tables() {
  rm -rf state ctrl; mkdir state
  LD_LIBRARY_PATH=$libraries:$libraries/swtpm root/usr/bin/swtpm socket --tpm2 --terminate --tpmstate dir=state --ctrl type=unixio,path=ctrl 2>/dev/null &
  tpm=$!
  until [ -S ctrl ]; do sleep 0.1; done
  timeout 60 root/usr/bin/qemu-system-x86_64 -L root/usr/share/qemu -L root/usr/share/seabios -nodefaults -display none -M q35,accel=tcg -cpu max \
    -m 256 -no-reboot -serial stdio -kernel "$1" -initrd initrd -append 'console=ttyS0 panic=-1' \
    -chardev socket,id=c,path=ctrl -tpmdev emulator,id=t,chardev=c -device tpm-crb,tpmdev=t 2>said | grep -c 'ACPI: TPM2' || true
  wait "$tpm" || true; tpm=
}
echo "packed: $(tables root/boot/vmlinuz-*) table of a TPM" | tee seen
echo "unpacked: $(tables unpacked)" | tee -a seen
printf 'packed: 1 table of a TPM\nunpacked: 0\n' >before
cmp -s before seen || { echo 'this has changed' >&2; exit 1; }
