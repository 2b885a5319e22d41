#!/bin/sh
# qemu-img 7.2: a LUKS key that is given as a secret of `format=base64` must be text when decoded. 32 random bytes, which
# base64 is there for, are refused as "not valid UTF-8". Give the base64 (or hexadecimal) text itself as the secret.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
apt-get download -q qemu-utils=1:7.2+dfsg-7+deb12u18+b3 liburing2=2.3-3 libaio1=0.3.113-4 >/dev/null
for file in ./*.deb; do dpkg-deb -x "$file" root; done
LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu); export LD_LIBRARY_PATH
root/usr/bin/qemu-img --version | head -n 1
# The bytes 0xe0 to 0xff: no text in UTF-8, as nearly no random key is.
key=$(awk 'BEGIN { for (i = 224; i < 256; i++) printf "\\%o", i }'); printf "$key" | base64 -w0 >key.base64
try() {
  # "Unable to get accurate CPU usage" is a busy computer's: then it is made again.
  for _ in 1 2 3 4 5; do
    said=$(root/usr/bin/qemu-img create -q -f qcow2 --object "secret,id=k,file=key.base64$2" \
      -o encrypt.format=luks,encrypt.key-secret=k,encrypt.iter-time=10 "$1.qcow2" 1M 2>&1 && echo "$1: made") || true
    case $said in *'CPU usage'*) ;; *) break ;; esac
  done
  echo "$said"
}
seen=$(try decoded ,format=base64; try as-text '')
echo "$seen"
case $seen in *'not valid UTF-8'*'as-text: made'*) ;; *) echo 'this has changed' >&2; exit 1 ;; esac
