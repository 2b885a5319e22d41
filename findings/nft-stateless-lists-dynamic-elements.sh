#!/bin/sh
# nftables 1.0.6: `nft -s list` ("omit stateful information") lists the elements that packets have added to a dynamic set all
# the same, and leaves out their counters' numbers only. Two such listings of one ruleset differ once a packet has passed.
# Whoever compares rulesets takes the elements of dynamic sets out himself.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
apt-get download -q nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 >/dev/null
for file in ./*.deb; do dpkg-deb -x "$file" root; done
LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu); export LD_LIBRARY_PATH
cat >try.sh <<'TRY'
nft=root/usr/sbin/nft
$nft --version
$nft -f - <<'RULES'
table inet t {
  set seen { type ipv4_addr; flags dynamic; counter; }
  chain out { type filter hook output priority 0; update @seen { ip daddr }; counter; }
}
RULES
$nft -s list table inet t >before
ip link set lo up
python3 -c "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.9', 9))"
$nft -s list table inet t >after
diff before after || true
TRY
seen=$(unshare -rn sh try.sh)
echo "$seen"
case $seen in *'> '*'elements = {'*'127.0.0.9 counter'*) ;; *) echo 'this has changed' >&2; exit 1 ;; esac
