#!/usr/bin/env bash
# The programs from the system that some tests need: `install` fetches what is absent from Debian when it may
# (root, apt-get), `tell` says what is absent and which tests are therefore skipped. Neither fails.
set -uo pipefail

# program | packages | tests that need it
PARTS=(
  "chromium|chromium|tests/browser: no page is looked at"
  "slurmctld|munge slurmctld slurmd slurm-client slurmdbd slurm-wlm-basic-plugins slurm-wlm-mysql-plugin|tests marked slurm: no real scheduler is read"
  "mariadbd|mariadb-server-core mariadb-client-core|tests marked slurm: its accounting needs a database"
  "postgres|postgresql|the run of all tests on PostgreSQL"
  "prometheus|prometheus|tests marked engines: no real Prometheus is asked"
  "victoria-metrics|victoria-metrics|tests marked engines: no real VictoriaMetrics is asked"
  "prometheus-alertmanager|prometheus-alertmanager|tests marked engines: no real Alertmanager takes our alerts or sends us any"
  "slurmrestd|slurmrestd slurm-wlm-jwt-plugin|tests marked slurm that read jobs by slurmrestd"
  "sshd|openssh-client openssh-server|the tunnel to a socket on a login node"
)

has() {
  command -v "$1" >/dev/null 2>&1 || ls "/usr/sbin/$1" /usr/lib/postgresql/*/bin/"$1" >/dev/null 2>&1
}

absent_packages() {
  for part in "${PARTS[@]}"; do
    IFS='|' read -r program packages _ <<<"$part"
    has "$program" || echo "$packages"
  done
}

install() {
  local wanted
  wanted=$(absent_packages | tr '\n' ' ')
  [ -z "${wanted// /}" ] && return 0
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || [ -n "${NO_APT:-}" ]; then
    return 0
  fi
  echo "Installing for the tests, from Debian: $wanted"
  # No service of a package is to be started by its installation: the tests start their own, on loopback.
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update </dev/null >/dev/null 2>&1
  # One after the other, so that one package that is not to be had does not take the others with it.
  for part in "${PARTS[@]}"; do
    IFS='|' read -r program packages _ <<<"$part"
    # shellcheck disable=SC2086  # several words are several packages
    has "$program" || apt-get -qq -y --no-install-recommends install $packages </dev/null >/dev/null 2>&1 ||
      echo "Debian did not give: $packages"
  done
  return 0
}

tell() {
  local all=yes
  for part in "${PARTS[@]}"; do
    IFS='|' read -r program packages tests <<<"$part"
    has "$program" && continue
    all=no
    echo "Skipped, because $program is absent: $tests (as root: apt-get install $packages)."
  done
  [ "$(id -u)" = 0 ] || echo "Skipped, because this is not root: tests marked slurm (its daemons change user)."
  [ -d "${HORTUS_TEST_DATA:-../shared/data}" ] ||
    echo "Skipped, because the folder of real data is absent: tests that read it (HORTUS_TEST_DATA names it)."
  [ "$all" = yes ] && echo "Every program that the tests need is there."
  return 0
}

case "${1:-}" in
  install) install ;;
  tell) tell ;;
  *) echo "Say install or tell, got '${1:-}'." >&2; exit 2 ;;
esac
