#!/bin/sh
# nftables 1.0.6: several `list set` commands in one script (`nft -f`) find the last set only; for the others nft says that
# there is no such set. Each alone, on the command line, is found. Whoever reads many sets runs nft once for each, or lists
# the table.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
for package in nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2; do apt-get download -q "$package" >/dev/null; done
for file in ./*.deb; do dpkg-deb -x "$file" root; done
LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu); export LD_LIBRARY_PATH
cat >try.sh <<'TRY'
nft=root/usr/sbin/nft
$nft --version
$nft 'add table inet t; add set inet t a { type ipv4_addr; }; add set inet t b { type ipv4_addr; }'
for set in a b; do $nft list set inet t $set >/dev/null && echo "alone: $set is found"; done
printf 'list set inet t a\nlist set inet t b\n' | $nft -f - >out 2>err && echo "script: both found" || echo "script: exit $?"
grep -q 'set b' out && echo 'script: b is listed'; grep -q 'set a' out && echo 'script: a is listed'
grep -o 'No such file or directory' err | head -n 1
TRY
seen=$(unshare -rn sh try.sh 2>&1 || true)
echo "$seen"
case $seen in *'alone: a is found'*'alone: b is found'*'script: exit 1'*'No such file or directory'*) ;; *) echo 'this has changed' >&2; exit 1 ;; esac
