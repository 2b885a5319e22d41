#!/bin/sh
# Makes the full data set of bench/updates.ts in the folder given: a Debian root of 0.8 GB in a disk of 4 GiB (v1), the same
# after an upgrade and some work (v2), trimmed (v2t), after one more day (v3), aged (v4), and one day later (v5). Needs root,
# mmdebstrap, qemu-utils, qemu-system-common, e2fsprogs and fuse3, and the network. All that it mounts it unmounts.
set -eu
FOLDER=$(realpath "$1")
HERE=$(dirname "$(realpath "$0")")
MIRROR=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' | head -n 1)}
MIRROR=${MIRROR%/}
SECURITY=${SECURITY:-$MIRROR-security}
PACKAGES=ca-certificates,systemd-sysv,udev,python3,openssh-server,vim,nginx,curl,less,iproute2,netbase,ifupdown,\
isc-dhcp-client,locales,sudo,cron,logrotate,rsyslog,man-db,gnupg,git,perl,linux-image-cloud-amd64,initramfs-tools,python3-pip,\
python3-yaml,python3-requests,bash-completion,tzdata,dbus,apparmor,openssl,tcpdump,rsync,htop,tmux,jq,sqlite3,libc6-dev,gcc,make

cd "$FOLDER"
rm -f layer-* complete
mkdir -p mnt
[ -e disk ] || : >disk
loop='' qsd=''

release() {
  for path in mnt/proc mnt/dev mnt; do ! mountpoint -q "$path" || umount "$path"; done
  [ -z "$loop" ] || losetup -d "$loop"
  loop=''
  if [ -n "$qsd" ]; then
    kill "$qsd"
    while kill -0 "$qsd" 2>/dev/null; do sleep 0.1; done
  fi
  qsd=''
}
trap release EXIT

# A guest's writes, without a guest: the overlay is mounted through QEMU, with discards honoured.
attach() {
  qemu-storage-daemon --blockdev "driver=file,filename=$1,node-name=f,discard=unmap" \
    --blockdev driver=qcow2,file=f,node-name=q,discard=unmap,detect-zeroes=unmap \
    --export "type=fuse,id=e,node-name=q,mountpoint=$FOLDER/disk,writable=on" --pidfile qsd.pid --daemonize
  qsd=$(cat qsd.pid)
  loop=$(losetup -f --show disk)
  mount "$loop" mnt
}

change() {
  mount -t proc proc mnt/proc
  mount --bind /dev mnt/dev
  cp /etc/resolv.conf mnt/etc/
  chroot mnt env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
    MIRROR="$MIRROR" SECURITY="$SECURITY" sh -eux <"$HERE/$1"
}

# Fetching is what takes long, so it is begun again only when its result is missing.
if [ ! -e v1.raw ]; then
  rm -rf root
  mmdebstrap --variant=minbase --components=main --aptopt='APT::Sandbox::User "root"' --include="$PACKAGES" \
    bookworm root "deb $MIRROR bookworm main"
  rm -f v1.raw.tmp
  truncate -s 4G v1.raw.tmp
  mke2fs -q -F -t ext4 -U 11111111-2222-4333-8444-555555555555 \
    -E hash_seed=99999999-2222-4333-8444-555555555555,root_owner=0:0,lazy_itable_init=0 -d root v1.raw.tmp
  mv v1.raw.tmp v1.raw
  rm -rf root
fi
qemu-img convert -O qcow2 v1.raw v1.qcow2

qemu-img create -q -f qcow2 -b v1.qcow2 -F qcow2 work2.qcow2
attach work2.qcow2
change change-v2.sh
release
qemu-img convert -O raw work2.qcow2 v2.raw

cp work2.qcow2 work2t.qcow2
attach work2t.qcow2
fstrim mnt
release
qemu-img convert -O raw work2t.qcow2 v2t.raw

qemu-img create -q -f qcow2 -b work2.qcow2 -F qcow2 work3.qcow2
attach work3.qcow2
change change-v3.sh
release
qemu-img convert -O raw work3.qcow2 v3.raw

qemu-img create -q -f qcow2 -b work3.qcow2 -F qcow2 work4.qcow2
attach work4.qcow2
change change-aged.sh
release
qemu-img convert -O raw work4.qcow2 v4.raw

qemu-img create -q -f qcow2 -b work4.qcow2 -F qcow2 work5.qcow2
attach work5.qcow2
change change-aged-day.sh
release
qemu-img convert -O raw work5.qcow2 v5.raw
: >complete
