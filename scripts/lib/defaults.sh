# shellcheck shell=bash disable=SC2034
# Every default of the local stack, in one place. Each can be set in the environment under the same
# name; options of scripts/stack come first. Sourced after common.sh.

STACK_DIR=${STACK_DIR:-$ROOT/var}
STACK_BUILD=${STACK_BUILD:-$ROOT/build/release}
STACK_PORT=${STACK_PORT:-8443}
STACK_HTTP_PORT=${STACK_HTTP_PORT:-8080}
STACK_TENANT_PORT=${STACK_TENANT_PORT:-8444}
STACK_LIMITS=${STACK_LIMITS:-strict}
STACK_WORKERS=${STACK_WORKERS:-4}
STACK_DEMO=${STACK_DEMO:-yes}
STACK_ZONE=${STACK_ZONE:-Europe/Berlin}

# Fixed names. The audience and the claim namespace belong to the API and are the same everywhere.
STACK_DB_NAME=timesheets
STACK_AUDIENCE=https://api.timesheets.abc-inc.example/
STACK_CLAIM_NAMESPACE=https://timesheets.abc-inc.example/

# Roles that scripts/token can ask the dev tenant for.
STACK_ROLES=(employee contractor manager admin nobody machine)

# How long a part may take to start or stop, in seconds. They are generous: a part that dies ends the
# wait at once, so only one that hangs takes this long.
STACK_START_DEADLINE=${STACK_START_DEADLINE:-30}
STACK_STOP_DEADLINE=${STACK_STOP_DEADLINE:-15}

# Node for the dev tenant and other tools, when the machine's own is too old or missing.
NODE_MINIMUM=20.12
NODE_PINNED=24.21.0
