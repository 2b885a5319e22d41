# A release: what Debian has upgraded, one package more, one less, a database, logs, a user. Runs inside the disk.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
{
  echo "deb $MIRROR bookworm-updates main"
  echo "deb $SECURITY bookworm-security main"
} >>/etc/apt/sources.list
apt-get -q -o APT::Sandbox::User=root update
apt-get -q -y -o APT::Sandbox::User=root upgrade
apt-get -q -y -o APT::Sandbox::User=root install redis-server
apt-get -q -y purge tmux
apt-get clean
mkdir -p /srv/app
sqlite3 /srv/app/data.db "create table rows(id integer primary key, name text, payload blob);
  with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000)
  insert into rows select i, 'row ' || i, randomblob(200) from n;"
seq 1 40000 | awk '{ printf "%s host app[%d]: request %d took %d ms\n", "Jan 12 08:00:00", $1 % 97, $1, ($1 * 7919) % 1000 }' >/var/log/app.log
useradd -m ada
