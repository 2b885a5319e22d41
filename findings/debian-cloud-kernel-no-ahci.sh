#!/bin/sh
# Debian's linux-image-cloud-amd64 6.1.192-2: it is made for virtual machines, has a driver for CDs, and none for AHCI, the disk controller of QEMU's q35.
# A CD with cloud-init's seed (`-cdrom` on q35) is not seen by Debian's own images for clouds; the same seed as a virtio disk is.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
apt-get download -q linux-image-6.1.0-56-cloud-amd64=6.1.192-2 linux-image-6.1.0-56-amd64=6.1.192-2 >/dev/null
for kind in cloud-amd64 amd64; do
  dpkg-deb --fsys-tarfile "linux-image-6.1.0-56-${kind}_6.1.192-2_amd64.deb" | tar -x "./boot/config-6.1.0-56-$kind" -O >"$kind"
  for option in CONFIG_SATA_AHCI CONFIG_BLK_DEV_SR CONFIG_VIRTIO_BLK; do
    echo "$kind: $(grep -E "^(# )?$option[= ]" "$kind" || echo "$option is not named")"
  done
done | tee seen
cat >before <<'END'
cloud-amd64: # CONFIG_SATA_AHCI is not set
cloud-amd64: CONFIG_BLK_DEV_SR=m
cloud-amd64: CONFIG_VIRTIO_BLK=m
amd64: CONFIG_SATA_AHCI=m
amd64: CONFIG_BLK_DEV_SR=m
amd64: CONFIG_VIRTIO_BLK=m
END
cmp -s before seen || { echo 'this has changed' >&2; exit 1; }
