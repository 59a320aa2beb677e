#!/usr/bin/env bash
# Runs scripts/campaign.sbatch on a Slurm of its own (one node, in a temporary folder): one task is killed
# and run again, the shards are merged, and nothing is lost or counted twice. Exits with 77 when Slurm is not
# installed or cannot be started here.
#
#   scripts/slurm_test.sh BUILD
set -euo pipefail
# shellcheck source=scripts/test_words.sh
source "$(dirname "$0")/test_words.sh"

build=$(cd "$1" && pwd)
scripts=$(cd "$(dirname "$0")" && pwd)
export PATH=$PATH:/usr/sbin
for each in slurmctld slurmd munged sbatch squeue scontrol; do
  command -v "$each" >/dev/null || skip "$each is not installed (apt-get install slurmctld slurmd munge slurm-client)"
done
((EUID == 0)) || skip "slurmd requires root"

folder=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap cleanup EXIT
chmod 755 "$folder"
mkdir "$folder"/{state,spool,munge}
chmod 700 "$folder/munge"

# Keys and sockets of its own. munged insists on the owner of its folders, not on their place.
dd if=/dev/urandom of="$folder/munge/key" bs=1024 count=1 status=none
chmod 400 "$folder/munge/key"
munged --foreground --force --key-file="$folder/munge/key" --socket="$folder/munge.socket" \
  --pid-file="$folder/munge/pid" --log-file="$folder/munge/log" --seed-file="$folder/munge/seed" \
  2>"$folder/munged.log" &
pids+=($!)

host=$(hostname -s)
port=$((20000 + RANDOM % 20000))
cat >"$folder/slurm.conf" <<CONF
ClusterName=heddle
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CryptoType=crypto/munge
SlurmctldPort=$port
SlurmdPort=$((port + 1))
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_interval=1
MailProg=/bin/true
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES State=UP
CONF
export SLURM_CONF=$folder/slurm.conf
slurmctld -D -f "$SLURM_CONF" >"$folder/slurmctld.log" 2>&1 &
pids+=($!)
slurmd -D -f "$SLURM_CONF" >"$folder/slurmd.log" 2>&1 &
pids+=($!)

# until_true COUNT COMMAND...
until_true() {
  local left=$1
  shift
  until "$@"; do
    left=$((left - 1))
    ((left > 0)) || return 1
    sleep 0.5
  done
}
is_up() { sinfo -h -o %T 2>/dev/null | grep -q idle; }
until_true 60 is_up || { tail -n 5 "$folder"/*.log >&2; skip "Slurm does not start here"; }

cd "$folder"
export HEDDLE=$build/heddle HEDDLE_CAMPAIGN=$scripts/campaign.sh HEDDLE_STORE='' SHARDS=4
options=(--program "$build/kernel-clean-det" --schedules 40)
is_over() { [[ -z $(squeue -h) ]]; }

# Shard 2 is killed while it runs: the command before its first execution waits to be ended.
sbatch --parsable --array=1,3,4 "$scripts/campaign.sbatch" "$folder/campaign" "${options[@]}" >/dev/null
killed=$(sbatch --parsable --array=2 "$scripts/campaign.sbatch" "$folder/campaign" "${options[@]}" \
  --before "touch $folder/runs; sleep 600")
until_true 240 test -e "$folder/runs" || { echo "shard 2 does not start" >&2; exit 1; }
scancel --signal=KILL --full "$killed"
scancel "$killed"
until_true 240 is_over || { squeue >&2; exit 1; }

status=0
"$scripts/campaign.sh" merge "$folder/campaign" 4 || status=$?
((status == 3)) || { echo "merge ended with $status though shard 2 is missing" >&2; exit 1; }

# All tasks again: those that are complete do nothing.
before=$(stat -c %Y%i "$folder/campaign/shard-1/result.json")
sbatch --parsable --array=1-4 "$scripts/campaign.sbatch" "$folder/campaign" "${options[@]}" >/dev/null
until_true 240 is_over || { squeue >&2; exit 1; }
[[ $(stat -c %Y%i "$folder/campaign/shard-1/result.json") == "$before" ]]
"$scripts/campaign.sh" merge "$folder/campaign" 4
runs=$(grep -o '"runs": [0-9]*' "$folder/campaign/merged/result.json" | head -n 1 | tr -dc 0-9)
((runs == 40)) || { echo "merged: $runs schedules, expected 40" >&2; exit 1; }
