#!/bin/sh
# Installs Lazaret's guest tools into this Linux guest, or below the folder named: install.sh [--remove] [ROOT]
# They start with systemd, OpenRC or System V's init, whichever is there, else by rc.local. --remove takes all of it away.
set -eu
remove=
if [ "${1:-}" = --remove ]; then
  remove=yes
  shift
fi
root=${1:-}
here=$(cd "$(dirname "$0")" && pwd)
units=$root/etc/systemd/system
script=$root/etc/init.d/lazaret-guest
levels='2 3 4 5'

if [ -n "$remove" ]; then
  for name in hello clock; do
    [ -n "$root" ] || ! [ -d /run/systemd/system ] || systemctl stop "lazaret-$name" 2>/dev/null || :
    rm -f "$units/multi-user.target.wants/lazaret-$name.service" "$units/lazaret-$name.service"
    [ ! -f "$root/etc/rc.local" ] || sed -i "/vmware-guestd --$name /d" "$root/etc/rc.local"
  done
  rm -f "$script" "$root/etc/runlevels/default/lazaret-guest" "$root"/etc/rc[0-6].d/[SK]99lazaret-guest
  rm -f "$root/usr/sbin/nq-set" "$root/usr/sbin/vmware-guestd"
  echo 'removed the guest tools'
  exit 0
fi

mkdir -p "$root/usr/sbin"
cp "$here/vmware-guestd" "$root/usr/sbin/vmware-guestd.new"
chmod 755 "$root/usr/sbin/vmware-guestd.new"
mv "$root/usr/sbin/vmware-guestd.new" "$root/usr/sbin/vmware-guestd"
ln -sf vmware-guestd "$root/usr/sbin/nq-set"
echo "installed $root/usr/sbin/vmware-guestd and $root/usr/sbin/nq-set"

# At boot the tool tells the host that the machine is up, and from then on keeps its clock right whenever it was suspended.
begin() {
  name=$1 what=$2 command="/usr/sbin/vmware-guestd --$1"
  if [ -d "$units" ]; then
    printf '[Unit]\nDescription=%s\n\n[Service]\nExecStart=%s\n\n[Install]\nWantedBy=multi-user.target\n' \
      "$what" "$command" >"$units/lazaret-$name.service"
    mkdir -p "$units/multi-user.target.wants"
    ln -sf "../lazaret-$name.service" "$units/multi-user.target.wants/lazaret-$name.service"
    echo "installed $units/lazaret-$name.service"
  elif [ -f "$root/etc/rc.local" ]; then
    grep -qF -e "$command" "$root/etc/rc.local" || sed -i "1a $command >/dev/null 2>&1 &" "$root/etc/rc.local"
    echo "$root/etc/rc.local calls “$command” at boot"
  else
    echo "let this machine call “$command &” when it boots"
  fi
}

# Both kinds of init script start the same two programs, which go on by themselves.
start='for what in hello clock; do /usr/sbin/vmware-guestd --$what </dev/null >/dev/null 2>&1 & done'
stop='pkill -f "^/bin/sh /usr/sbin/vmware-guestd --(hello|clock)" || :'
if [ ! -d "$units" ] && [ -x "$root/sbin/openrc-run" ]; then
  mkdir -p "$root/etc/init.d" "$root/etc/runlevels/default"
  printf '#!/sbin/openrc-run\ndescription="Lazaret guest tools"\nstart() {\n  %s\n}\nstop() {\n  %s\n}\n' "$start" "$stop" >"$script"
  chmod 755 "$script"
  ln -sf /etc/init.d/lazaret-guest "$root/etc/runlevels/default/lazaret-guest"
  echo "installed $script"
elif [ ! -d "$units" ] && [ -d "$root/etc/rc2.d" ]; then
  mkdir -p "$root/etc/init.d"
  {
    printf '#!/bin/sh\n### BEGIN INIT INFO\n# Provides: lazaret-guest\n# Required-Start: $local_fs\n# Required-Stop:\n'
    printf '# Default-Start: %s\n# Default-Stop: 0 1 6\n# Short-Description: Lazaret guest tools\n### END INIT INFO\n' "$levels"
    printf 'case ${1:-} in\n  start) %s ;;\n  stop) %s ;;\n  restart | force-reload) "$0" stop && "$0" start ;;\n' "$start" "$stop"
    printf '  *) echo "usage: $0 start|stop|restart" >&2; exit 2 ;;\nesac\n'
  } >"$script"
  chmod 755 "$script"
  for level in $levels; do
    mkdir -p "$root/etc/rc$level.d"
    ln -sf ../init.d/lazaret-guest "$root/etc/rc$level.d/S99lazaret-guest"
  done
  echo "installed $script"
else
  begin hello 'Tells the host that this machine is up'
  begin clock 'Sets the clock when this machine was suspended'
fi
