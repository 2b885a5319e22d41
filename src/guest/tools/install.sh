#!/bin/sh
# Installs Lazaret's guest tools into this Linux guest, or below the folder named: install.sh [ROOT]
set -eu
root=${1:-}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$root/usr/sbin"
cp "$here/vmware-guestd" "$root/usr/sbin/vmware-guestd.new"
chmod 755 "$root/usr/sbin/vmware-guestd.new"
mv "$root/usr/sbin/vmware-guestd.new" "$root/usr/sbin/vmware-guestd"
ln -sf vmware-guestd "$root/usr/sbin/nq-set"
echo "installed $root/usr/sbin/vmware-guestd and $root/usr/sbin/nq-set"
