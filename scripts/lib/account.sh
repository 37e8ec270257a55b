# shellcheck shell=bash
# Which account the stack's servers run as. Sourced after common.sh.
#
# Started by root, they run as www-data, as they would in production. When that account cannot reach
# the project (a clone below a closed home folder), they run as root, and we say so.

# Sets ACCOUNT, ACCOUNT_GROUP and AS_ACCOUNT (a command prefix; empty for the user's own account).
account_choose() { # paths that the account must be able to read...
	local path
	AS_ACCOUNT=()
	ACCOUNT=$(id -un)
	ACCOUNT_GROUP=$(id -gn)
	((EUID == 0)) || return 0
	if ! getent passwd www-data >/dev/null || ! have setpriv; then
		note "running the servers as root: there is no account www-data"
		return 0
	fi
	local drop=(setpriv --reuid=www-data --regid=www-data --clear-groups --no-new-privs)
	for path in "$@"; do
		# As that account: a folder must be searchable, a file readable.
		# shellcheck disable=SC2016
		if ! "${drop[@]}" sh -c 'cd / && if [ -d "$1" ]; then test -x "$1"; else test -r "$1"; fi' sh "$path"; then
			note "running the servers as root: the account www-data cannot reach $path"
			return 0
		fi
	done
	AS_ACCOUNT=("${drop[@]}")
	# shellcheck disable=SC2034
	ACCOUNT=www-data ACCOUNT_GROUP=www-data
}

# Run a command as that account.
as_account() {
	"${AS_ACCOUNT[@]}" "$@"
}
