# The same kernels as WebAssembly, run in Node on the same cases. Clang and its linker must be of one version.

foreach(version 19 20 21 18 17 16 15)
  find_program(WASM_CLANG_${version} clang++-${version})
  find_program(WASM_LD_${version} wasm-ld-${version})
  if(WASM_CLANG_${version} AND WASM_LD_${version})
    set(WASM_CLANG ${WASM_CLANG_${version}})
    break()
  endif()
endforeach()
find_program(NODE NAMES node nodejs)

if(NOT WASM_CLANG)
  pellucid_skip(webassembly "there is no clang++ with wasm-ld (Debian: clang-19 lld-19)")
  return()
elseif(NOT NODE)
  pellucid_skip(webassembly "there is no node (Debian: nodejs)")
  return()
elseif(NOT PELLUCID_CASES)
  pellucid_skip(webassembly "no cases were given (cases.py writes them)")
  return()
endif()

# The stack comes first, so that it runs into a trap and not into the data.
set(WASM_FLAGS --target=wasm32 -std=c++20 -O2 -msimd128 -mbulk-memory -nostdlib -fno-exceptions -fno-rtti -fno-builtin
    -fno-math-errno -fno-trapping-math -ffp-contract=fast -Wall -Wextra -Wno-psabi -I${PELLUCID_CPP}/kernels
    -DPELLUCID_LEVEL=wasm)
set(WASM_LINK_FLAGS -nostdlib -Wl,--no-entry,--strip-all,--export=__heap_base,--stack-first,-z,stack-size=131072)
set(WASM_OBJECTS "")
file(GLOB KERNEL_TEXTS ${PELLUCID_CPP}/kernels/*.hpp ${PELLUCID_CPP}/kernels/fann/*.hpp)
foreach(source kernels/level kernels/fann/level wasm/exports)
  string(REPLACE / _ name ${source})
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.wasm.o)
  add_custom_command(
    OUTPUT ${object} DEPENDS ${PELLUCID_CPP}/${source}.cpp ${KERNEL_TEXTS}
    COMMAND ${WASM_CLANG} ${WASM_FLAGS} -c ${PELLUCID_CPP}/${source}.cpp -o ${object})
  list(APPEND WASM_OBJECTS ${object})
endforeach()
set(WASM ${CMAKE_CURRENT_BINARY_DIR}/pellucid.wasm)
add_custom_command(
  OUTPUT ${WASM} DEPENDS ${WASM_OBJECTS}
  COMMAND ${WASM_CLANG} --target=wasm32 ${WASM_LINK_FLAGS} ${WASM_OBJECTS} -o ${WASM})
add_custom_target(webassembly ALL DEPENDS ${WASM})
pellucid_test(webassembly ${NODE} ${CMAKE_CURRENT_SOURCE_DIR}/cases_test.mjs ${WASM} ${PELLUCID_CASES})
