#!/bin/sh
# QEMU 7.2, swtpm 0.7.1: when the emulator of a TPM ends, QEMU says nothing of it. No event comes, the machine is `running`, and
# `query-tpm` lists the device as before. Whoever wants to know has to watch the emulator itself.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'kill "$tpm" 2>/dev/null || true; rm -rf "$folder"' EXIT; cd "$folder"
version=1:7.2+dfsg-7+deb12u18+b3
apt-get download -q "qemu-system-x86=$version" "qemu-system-common=$version" qemu-system-data seabios >/dev/null
apt-get download -q swtpm=0.7.1-1.3 swtpm-libs=0.7.1-1.3 libtpms0=0.9.2-3.1+deb12u1 >/dev/null
for file in ./*.deb; do dpkg-deb -x "$file" root; done
libraries=$(echo root/usr/lib/*-linux-gnu)
qemu=root/usr/bin/qemu-system-x86_64
mkdir state
LD_LIBRARY_PATH=$libraries:$libraries/swtpm root/usr/bin/swtpm socket --tpm2 --tpmstate dir=state --ctrl type=unixio,path=ctrl &
tpm=$!
until [ -S ctrl ]; do sleep 0.1; done
mkfifo ask
$qemu -L root/usr/share/qemu -L root/usr/share/seabios -nodefaults -display none -M q35,accel=tcg -qmp stdio \
  -chardev socket,id=c,path=ctrl -tpmdev emulator,id=t,chardev=c -device tpm-crb,tpmdev=t <ask >told 2>said &
exec 3>ask
answers() { grep -c '"return"' told || true; }
ask() { before=$(answers); echo "{\"execute\":\"$1\"}" >&3; until [ "$(answers)" -gt "$before" ]; do sleep 0.1; done; }
ask qmp_capabilities
kill "$tpm"; wait "$tpm" || true
sleep 1
ask query-status
ask query-tpm
ask quit
exec 3>&-
wait
grep -o '"status": "[a-z]*"\|"type": "emulator"\|"event": "[A-Z_]*"' told | tee seen
cat >before <<'END'
"status": "running"
"type": "emulator"
"event": "SHUTDOWN"
END
cmp -s before seen || { echo 'this has changed' >&2; exit 1; }
