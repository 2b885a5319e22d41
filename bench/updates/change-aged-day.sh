# A day on such a disk: some hundred files rewritten, some hundred new, some hundred gone, a log.
find /srv/aged -type f | sort | awk 'NR % 97 == 0' | while read -r path; do cp "$path" "$path.new" && mv "$path.new" "$path"; done
find /srv/aged -type f | sort | awk 'NR % 89 == 0' | while read -r path; do seq 1 900 >"$path.more"; done
find /srv/aged -type f | sort | awk 'NR % 83 == 0' | tr '\n' '\0' | xargs -0 rm -f
seq 55001 70000 | awk '{ printf "%s host app[%d]: request %d took %d ms\n", "Jan 14 08:00:00", $1 % 97, $1, ($1 * 7919) % 1000 }' >>/var/log/app.log
