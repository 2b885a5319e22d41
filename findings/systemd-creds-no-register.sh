#!/bin/sh
# systemd-creds 252: with an empty list of TPM registers (`--tpm2-pcrs=`, “bound to the TPM alone”), `encrypt` makes a credential and
# exits 0, and `decrypt` refuses what it made: no bank of registers. One register, even one that nothing measures into, makes it work.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; tpm=
end() { [ -z "$tpm" ] || kill "$tpm" 2>/dev/null || true; rm -rf "$folder"; }
trap end EXIT; cd "$folder"
apt-get download -q systemd=252.39-1~deb12u2 libsystemd-shared=252.39-1~deb12u2 swtpm=0.7.1-1.3 swtpm-libs=0.7.1-1.3 libtpms0=0.9.2-3.1+deb12u1 \
  libtss2-esys-3.0.2-0=3.2.1-3 libtss2-rc0=3.2.1-3 libtss2-mu0=3.2.1-3 libtss2-sys1=3.2.1-3 libtss2-tcti-swtpm0=3.2.1-3 >/dev/null
for file in ./*.deb; do dpkg-deb -x "$file" root; done
LD_LIBRARY_PATH=$(find "$folder/root" -type d -path '*-linux-gnu*' | paste -sd :); export LD_LIBRARY_PATH
root/bin/systemd-creds --version | head -n 1
mkdir state
port=2321
root/usr/bin/swtpm socket --tpm2 --tpmstate dir=state --server type=tcp,port=$port --ctrl type=tcp,port=$((port + 1)) \
  --flags not-need-init,startup-clear & tpm=$!
for pcrs in '' 23; do
  tries=0
  until printf 'a secret' | root/bin/systemd-creds encrypt --name=a --with-key=tpm2 --tpm2-pcrs=$pcrs \
    --tpm2-device=swtpm:host=127.0.0.1,port=$port - made 2>said; do
    tries=$((tries + 1)); [ $tries -lt 20 ] || { cat said >&2; exit 1; }; sleep 0.5
  done
  echo "registers “$pcrs”: made"
  if root/bin/systemd-creds decrypt --name=a --tpm2-device=swtpm:host=127.0.0.1,port=$port made read 2>said
  then echo "registers “$pcrs”: $(cat read)"; rm read
  else grep -o 'PCR bank.*' said | head -n 1
  fi
done | tee seen
printf 'registers “”: made\n%s\nregisters “23”: made\nregisters “23”: a secret\n' 'PCR bank invalid or not supported' | cmp -s - seen || { echo 'this has changed' >&2; exit 1; }
