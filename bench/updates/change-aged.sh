# Some weeks of use: trees of small and large files come, are thinned out and grow, until what is free lies in pieces everywhere.
mkdir -p /srv/aged
for round in $(seq 1 8); do
  cp -a /usr/share /srv/aged/$round
  [ "$round" -lt 4 ] || rm -rf /srv/aged/$((round - 3))
  find /srv/aged -type f | sort | awk -v r="$round" '(NR + r) % 3 == 0' | tr '\n' '\0' | xargs -0 rm -f
  find /srv/aged -type f -size -64k | sort | awk -v r="$round" '(NR + r) % 7 == 0' | while read -r path; do
    seq "$round" 400 >>"$path"
  done
done
