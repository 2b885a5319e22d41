# One day later: a hundredth of the database rewritten, some rows and log lines more, one package, one setting, a user.
sqlite3 /srv/app/data.db "update rows set payload = randomblob(200) where id % 100 = 7;
  with recursive n(i) as (select 60001 union all select i + 1 from n where i < 63000)
  insert into rows select i, 'row ' || i, randomblob(200) from n;"
seq 40001 55000 | awk '{ printf "%s host app[%d]: request %d took %d ms\n", "Jan 13 08:00:00", $1 % 97, $1, ($1 * 7919) % 1000 }' >>/var/log/app.log
apt-get -q -y -o APT::Sandbox::User=root install tree
echo 'Port 2222' >>/etc/ssh/sshd_config
useradd -m grace
logrotate -f /etc/logrotate.conf || true
