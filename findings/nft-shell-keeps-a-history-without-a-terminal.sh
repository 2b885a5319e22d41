#!/bin/sh
# nftables 1.0.6: `nft -i` writes every line that it was given to ~/.nft.history when it ends, and reads that file when it begins, also
# where nobody types: its input is a pipe, written by a program. Other shells keep a history only of a terminal. Who keeps an `nft -i`
# running to be quick leaves the rules he loaded in the home folder of its user. HOME=/dev/null keeps it from that; `nft -f -` keeps none.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
for package in nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2; do apt-get download -q "$package" >/dev/null; done
for file in ./*.deb; do dpkg-deb -x "$file" root; done
LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu); export LD_LIBRARY_PATH
cat >try.sh <<'TRY'
nft=root/usr/sbin/nft
$nft --version
for how in -i '-f -'; do
  mkdir home; echo 'add table inet t' | HOME=$PWD/home $nft $how >out 2>&1
  $nft list tables | grep -q 'inet t' && echo "nft $how: loaded"
  if [ -e home/.nft.history ]; then echo "nft $how: history: $(grep -c 'add.*table.*inet' home/.nft.history) line"; else echo "nft $how: no history"; fi
  $nft delete table inet t; rm -r home
done
mkdir home; echo 'add table inet t' | HOME=/dev/null $nft -i >out 2>&1; $nft list tables | grep -q 'inet t' && echo "HOME=/dev/null: loaded, $(ls -A home | wc -l) files"
TRY
seen=$(unshare -rn sh try.sh 2>&1 || true)
echo "$seen"
case $seen in *'nft -i: loaded'*'nft -i: history: 1 line'*'nft -f -: loaded'*'nft -f -: no history'*'HOME=/dev/null: loaded, 0 files'*) ;;
*) echo 'this has changed' >&2; exit 1 ;; esac
