#!/bin/sh
# nft 1.0.6: names of protocols are read from /etc/protocols, which comes with netbase, on which the package does not depend. On a small Debian
# `ip6 nexthdr ipv6-icmp` is refused, while `meta l4proto icmpv6`, its other name and a keyword of nft, is taken.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
apt-get download -q nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2 libxtables12=1.8.9-2 netbase=6.4 >/dev/null
for file in ./*.deb; do dpkg-deb -x "$file" root; done
! dpkg-deb -f ./nftables_*.deb Depends | grep netbase
LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu); export LD_LIBRARY_PATH
cat >try <<'END'
root/usr/sbin/nft --version
for list in root/etc/protocols /dev/null; do
  mount --bind "$list" /etc/protocols
  for match in 'ip6 nexthdr ipv6-icmp' 'meta l4proto icmpv6' 'ip6 nexthdr 58'; do
    if printf 'table ip6 t { chain c { %s accept; }; }\n' "$match" | root/usr/sbin/nft -c -f - 2>said
    then echo "$list: $match: taken"
    else echo "$list: $match: $(grep -o 'Could not.*' said)"
    fi
  done
done
END
unshare -rmn sh -eu try | tee seen
cat >before <<'END'
nftables v1.0.6 (Lester Gooch #5)
root/etc/protocols: ip6 nexthdr ipv6-icmp: taken
root/etc/protocols: meta l4proto icmpv6: taken
root/etc/protocols: ip6 nexthdr 58: taken
/dev/null: ip6 nexthdr ipv6-icmp: Could not resolve protocol name
/dev/null: meta l4proto icmpv6: taken
/dev/null: ip6 nexthdr 58: taken
END
cmp -s before seen || { echo 'this has changed' >&2; exit 1; }
