#!/bin/sh
# ippeveprinter 2.4.2 of Debian 12: `-r off` “turns off DNS-SD service advertisements entirely”, says its manual. It looks for the
# Avahi daemon all the same, and where none runs it ends with an error. As the printer of a test in a network namespace, or in a
# container, it cannot be used without a system bus and Avahi.
set -eu
folder=$(mktemp -d); chmod 755 "$folder"; trap 'rm -rf "$folder"' EXIT; cd "$folder"
apt-get download -q cups-ipp-utils=2.4.2-3+deb12u9 libcups2=2.4.2-3+deb12u9 libavahi-client3 libavahi-common3 \
  libdbus-1-3 libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libkeyutils1 >/dev/null
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH="$folder/root/usr/lib/$(uname -m)-linux-gnu"
# A bus on which nobody is, whatever runs on this computer.
export DBUS_SYSTEM_BUS_ADDRESS="unix:path=$folder/no-bus"
echo "$(dpkg-deb -f cups-ipp-utils_*.deb Package Version | tr '\n' ' ')"
status=0
said=$(timeout 20 root/usr/sbin/ippeveprinter -r off -p 8631 -d "$folder" 'A printer' 2>&1) || status=$?
echo "with -r off: $said (status $status)"
case "$said $status" in 'Error: Unable to initialize DNS-SD. 1') ;; *) echo 'this has changed' >&2; exit 1 ;; esac
