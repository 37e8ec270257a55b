# shellcheck shell=bash
# The stack's private database server. Sourced after common.sh, process.sh and account.sh, with DIR,
# RUN, LOG and DB_SOCKET set.
#
# It listens on a socket in a folder only its account (and root) may enter, and on no port. The
# settings are those of a server that keeps what it acknowledged.

# A quarter of the machine's memory for the buffer pool, from 64 MB up to 512 MB.
database_buffer_pool_mb() {
	local kb
	kb=$(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo)
	local mb=$((${kb:-1048576} / 1024 / 4))
	((mb < 512)) || mb=512
	((mb > 64)) || mb=64
	printf '%s' "$mb"
}

database_config() {
	cat <<TEXT
# Written by scripts/stack.
[mariadbd]
datadir = $DIR/db/data
tmpdir = $DIR/db/tmp
socket = $DB_SOCKET
log_error = $LOG/database.log
pid_file = $DIR/db/mariadbd.pid
skip_networking
skip_name_resolve
skip_log_bin
skip_symbolic_links
local_infile = OFF
character_set_server = utf8mb4
collation_server = utf8mb4_unicode_520_ci
default_time_zone = '+00:00'
max_connections = 200
performance_schema = OFF
innodb_buffer_pool_size = $(database_buffer_pool_mb)M
innodb_log_file_size = 96M
innodb_flush_log_at_trx_commit = 1
innodb_doublewrite = ON
TEXT
}

# MariaDB runs as root only when told so by name.
database_user_option() { # array to add to
	local -n list=$1
	if ((EUID == 0 && ${#AS_ACCOUNT[@]} == 0)); then
		list+=(--user=root)
	fi
}

# SQL as the server's root, from standard input.
database_sql() { # options of the client...
	as_account mariadb --no-defaults --protocol=socket --socket="$DB_SOCKET" --user=root --batch "$@"
}

database_answers() {
	[[ -S $DB_SOCKET ]] && database_sql -e 'SELECT 1' >/dev/null 2>&1
}

# Make the data folder. It gets its name when it is complete, so that a try that was cut short is
# begun again.
database_create() {
	local new=$DIR/db/data.new
	rm -rf "$new"
	local options=()
	database_user_option options
	# --force: the name of the machine need not be in DNS; nobody connects by it.
	as_account mariadb-install-db --defaults-file="$DIR/conf/mariadb.cnf" --datadir="$new" --skip-test-db --skip-name-resolve --force \
		--auth-root-authentication-method=normal "${options[@]}" >>"$LOG/database-install.log" 2>&1 || {
		show_log "$LOG/database-install.log"
		die "creating the database in $DIR/db failed"
	}
	mv "$new" "$DIR/db/data"
}

# The database, its two accounts and their passwords. Safe to repeat.
database_prepare() {
	local migrate app
	migrate=$(<"$DIR/secrets/db-migrate-password")
	app=$(<"$DIR/secrets/db-app-password")
	database_sql <<SQL
CREATE DATABASE IF NOT EXISTS \`$STACK_DB_NAME\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
CREATE USER IF NOT EXISTS ts_migrate@localhost;
ALTER USER ts_migrate@localhost IDENTIFIED BY '$migrate';
GRANT ALL ON \`$STACK_DB_NAME\`.* TO ts_migrate@localhost;
CREATE USER IF NOT EXISTS ts_app@localhost;
ALTER USER ts_app@localhost IDENTIFIED BY '$app';
SQL
}

database_has_tables() {
	local count
	count=$(database_sql --skip-column-names \
		-e "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '$STACK_DB_NAME'") && ((count > 0))
}
