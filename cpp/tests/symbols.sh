#!/bin/sh
# symbols.sh OBJECT ...: an instruction set's kernels must not share anything with the others.
#
# A weak symbol (an inline function or template with a name) may be kept by the linker from the object that was built for
# the wrong set; an undefined one is a call of a library's function, which WebAssembly has not.
if ! command -v nm >/dev/null; then
  echo "SKIPPED: nm is not installed (Debian: binutils)"
  exit 0
fi
status=0
for object in "$@"; do
  for kind in "weak: [WVu] " "undefined: U "; do
    found=$(nm -C "$object" | grep " ${kind#*: }" | grep -v _GLOBAL_OFFSET_TABLE_)
    if [ -n "$found" ]; then
      printf 'FAILED: %s has symbols that are %s\n%s\n' "$object" "${kind%%:*}" "$found"
      status=1
    fi
  done
done
[ $status -eq 0 ] && echo "$# objects: nothing weak, nothing undefined"
exit $status
