#!/bin/sh
# dispatch.sh MEASURE: on older processors, emulated, the right instruction set is chosen and trains the same.
measure=$1
if ! command -v qemu-x86_64 >/dev/null; then
  echo "SKIPPED: qemu-x86_64 is not installed (Debian: qemu-user)"
  exit 0
fi
if [ "$(uname -m)" != x86_64 ]; then
  echo "SKIPPED: this is no x86-64 machine"
  exit 0
fi

# 48 steps on float32: the loss agrees to this share, whatever the order in which numbers are added.
tolerance=0.0001
loss_of() { sed 's/.* loss //'; }
expected=$("$measure" digits 48 1 baseline | loss_of)
status=0
for pair in qemu64:baseline Nehalem:x86-64-v2 Haswell:x86-64-v3; do
  cpu=${pair%%:*} level=${pair#*:}
  said=$(qemu-x86_64 -cpu "$cpu" "$measure" digits 48 2>/dev/null)
  loss=$(echo "$said" | loss_of)
  echo "$cpu: $said"
  case $said in
    "digits $level members"*) ;;
    *) echo "FAILED: $cpu should run $level"; status=1 ;;
  esac
  if ! awk "BEGIN { d = ($loss + 0) / $expected - 1; exit !(d < $tolerance && d > -$tolerance) }"; then
    echo "FAILED: the loss on $cpu is $loss; on the baseline it is $expected"
    status=1
  fi
done
exit $status
