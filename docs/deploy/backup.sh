#!/bin/sh
# Back up the database, the pictures and the settings. Run it as snz; docs/backup.md says how to restore.
# It may run at any time, also while email is being sent.
set -eu
umask 077  # the files hold subscribers' addresses and the secret key

portal=/srv/snz
backups=/var/backups/snz
database=snz
days=30  # how long backups are kept

cd "$portal"
name=$(date +%Y-%m-%d-%H%M%S)
# The database first. A picture that is added in between is only in the second file, which does no harm.
pg_dump --format=custom --file="$backups/$name.dump.part" "$database"
mkdir -p var/media  # it does not exist before the first picture
tar --create --gzip --file="$backups/$name-media.tar.gz" --directory=var/media .
cp .env "$backups/$name.env"
mv "$backups/$name.dump.part" "$backups/$name.dump"  # a .dump file shows that its backup is complete

find "$backups" -maxdepth 1 -type f -name '20*-*' -mtime "+$days" -delete
echo "$backups/$name.dump"
