# bare-debian.sh ROOT: starts the systemd of this tree as the first process of the namespaces that we are in.
set -e
R=$1
mount --bind "$R" "$R"
for folder in run tmp; do mount -t tmpfs "$folder" "$R/$folder"; done
mount -t proc proc "$R/proc"
mount -t sysfs -o ro sys "$R/sys"
# What it would set for the whole computer it may not; its own network it may.
mount --bind "$R/proc/sys" "$R/proc/sys"
mount --bind "$R/proc/sys/net" "$R/proc/sys/net"
mount -o remount,bind,ro "$R/proc/sys"
mount -t cgroup2 cgroup2 "$R/sys/fs/cgroup"
mount -t tmpfs -o mode=755 dev "$R/dev"
mkdir -p "$R/dev/net" "$R/dev/pts" "$R/dev/shm" "$R/mnt"
for device in null zero full random urandom tty net/tun; do
  touch "$R/dev/$device"
  mount --bind "/dev/$device" "$R/dev/$device"
done
ln -s /proc/self/fd "$R/dev/fd"
ln -s pts/ptmx "$R/dev/ptmx"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$R/dev/pts"
ip link set lo up
cd "$R"
pivot_root . mnt
umount -l /mnt
exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --log-level=warning --show-status=0
