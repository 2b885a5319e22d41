#!/bin/sh
# programs.sh NAME=MINIMUM ...: normal access for a guest whose every named program is at least that version.
# The guest reports them as the manual's example does: nq-set os=winxp-sp2,ie=6.0,virusdefs=4.0,office=2003-sp1
# YES all are new enough, NO one is older or not named, REJECT the string is not of that form.

case $VMWARE_NQ_DESCRIPTOR in
  '' | *[!A-Za-z0-9.,=_-]* | ,* | *, | *,,*) echo REJECT; exit ;;
esac

# The version of a program as the guest reported it.
reported() {
  printf '%s\n' "$VMWARE_NQ_DESCRIPTOR" | tr ',' '\n' | sed -n "s/^$1=//p" | head -n 1
}

# Every part must be NAME=VERSION.
if printf '%s\n' "$VMWARE_NQ_DESCRIPTOR" | tr ',' '\n' | grep -qvE '^[A-Za-z0-9_-]+=[A-Za-z0-9._-]+$'; then
  echo REJECT
  exit
fi

for rule in "$@"; do
  name=${rule%%=*} minimum=${rule#*=}
  found=$(reported "$name")
  # sort -V puts the older of two versions first.
  oldest=$(printf '%s\n%s\n' "$minimum" "$found" | sort -V | head -n 1)
  if [ -z "$found" ] || [ "$oldest" != "$minimum" ]; then
    echo "$name is ${found:-not reported}, at least $minimum is needed" >&2
    echo NO
    exit
  fi
done
echo YES
