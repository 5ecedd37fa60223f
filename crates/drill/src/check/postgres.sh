# Starts a server of PostgreSQL with what was restored, asks it, and ends it: all that runs here ends with this shell.
#
# Arguments: datadir|dump, the copy of it, the room, the directory of the programs, seconds that the server has to stay up, yes|no for its
# own check of tables, the usual database, then the questions: a database, or nothing for the usual one, and the question.
# Prints a line for each step that was done; the last line of the complaints says why there is no further one.
set -eu

mode=$1 data=$2 room=$3 bin=$4 stable=$5 amcheck=$6 usual=$7
shift 7
export PGHOST="$room" PGPORT=5432 PGUSER=postgres PGOPTIONS= PGCONNECT_TIMEOUT=10 TMPDIR="$room"
newline='
'

dump=$data
if [ "$mode" = dump ]; then
  data=$room/data
  "$bin/initdb" --pgdata="$data" --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync >/dev/null
fi
# What the server was told before is not for here: archives, other servers, addresses.
rm -f "$data/postgresql.auto.conf" "$data/standby.signal" "$data/recovery.signal" "$data/recovery.conf" \
  "$data/postmaster.pid" "$data/postmaster.opts"
cat >"$room/server.conf" <<END
listen_addresses = ''
unix_socket_directories = '$room'
hba_file = '$room/hba.conf'
ident_file = '$room/ident.conf'
archive_mode = off
logging_collector = off
log_destination = stderr
fsync = off
full_page_writes = off
END
echo 'local all all trust' >"$room/hba.conf"
: >"$room/ident.conf"
chmod 0700 "$data"

up() {
  "$bin/psql" --no-psqlrc --quiet --no-align --tuples-only --dbname=postgres --command='select 1' >/dev/null
}

if ! "$bin/pg_ctl" start --pgdata="$data" --silent --wait --timeout=600 --log="$room/log" \
  --options="-c config_file=$room/server.conf" >/dev/null 2>&1; then
  grep -E 'FATAL|PANIC|ERROR' "$room/log" >&2 || echo 'the server does not start' >&2
  exit 1
fi
up
echo started

if [ "$mode" = dump ]; then
  "$bin/createdb" "$usual"
  if [ -d "$dump" ] || [ "$(head -c 5 "$dump")" = PGDMP ] || [ "$(tail -c +258 "$dump" | head -c 5)" = ustar ]; then
    "$bin/pg_restore" --exit-on-error --no-owner --no-privileges --dbname="$usual" "$dump"
  else
    if ! tail -n 20 "$dump" | grep -q 'dump complete'; then
      echo 'the dump has no end' >&2
      exit 1
    fi
    "$bin/psql" --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --dbname="$usual" --file="$dump" >/dev/null
  fi
  echo loaded
fi

sleep "$stable"
up
echo stable

while [ $# -gt 0 ]; do
  said=$("$bin/psql" --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 --field-separator="$newline" \
    --dbname="${1:-$usual}" --command="$2" --command='\echo :ROW_COUNT')
  shift 2
  printf 'answer %s %s\n' "${said##*"$newline"}" "${said%%"$newline"*}"
done

if [ "$amcheck" = yes ]; then
  "$bin/pg_amcheck" --all --install-missing >"$room/amcheck" 2>&1 || { tail -n 5 "$room/amcheck" >&2; exit 1; }
  echo amcheck
fi
# One that died of what it was asked says so now.
up
"$bin/pg_ctl" stop --pgdata="$data" --silent --mode=immediate >/dev/null
echo done
