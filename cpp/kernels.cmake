# The kernels, compiled once for each instruction set. `pellucid_kernels` is what hosts and tests link.

# Not -ffast-math: results must be what the formulas say, infinities and NaN included. Products and sums may be fused.
# Loops stay loops: the kernels' text is also compiled where there is no memcpy and no memset.
set(PELLUCID_KERNEL_FLAGS
  -O3 -fPIC -fno-math-errno -fno-trapping-math -ffp-contract=fast -fno-exceptions -fno-rtti -Wall -Wextra -Wno-psabi)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND PELLUCID_KERNEL_FLAGS -fno-tree-loop-distribute-patterns)
else()
  list(APPEND PELLUCID_KERNEL_FLAGS -fno-builtin)
endif()

add_library(pellucid_kernels INTERFACE)

function(pellucid_level name)
  add_library(pellucid_kernels_${name} OBJECT ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/kernels/level.cpp)
  target_compile_definitions(pellucid_kernels_${name} PRIVATE PELLUCID_LEVEL=${name})
  target_compile_options(pellucid_kernels_${name} PRIVATE ${PELLUCID_KERNEL_FLAGS} ${ARGN})
  target_link_libraries(pellucid_kernels INTERFACE $<TARGET_OBJECTS:pellucid_kernels_${name}>)
  pellucid_fann_level(${name} ${ARGN})
endfunction()

# FANN's engine, as fast as it goes, and strict: FANN's very numbers, where products and sums are not fused.
function(pellucid_fann_level name)
  foreach(kind fann fann_strict)
    add_library(pellucid_${kind}_${name} OBJECT ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/kernels/fann/level.cpp)
    target_compile_definitions(pellucid_${kind}_${name} PRIVATE PELLUCID_LEVEL=${name})
    target_compile_options(pellucid_${kind}_${name} PRIVATE ${PELLUCID_KERNEL_FLAGS} ${ARGN})
    target_link_libraries(pellucid_kernels INTERFACE $<TARGET_OBJECTS:pellucid_${kind}_${name}>)
  endforeach()
  target_compile_definitions(pellucid_fann_strict_${name} PRIVATE PELLUCID_FANN_STRICT)
  target_compile_options(pellucid_fann_strict_${name} PRIVATE -ffp-contract=off)
endfunction()

pellucid_level(baseline)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  pellucid_level(v2 -march=x86-64-v2)
  pellucid_level(v3 -march=x86-64-v3)
  # GCC prefers 256-bit registers unless told; the kernels name their width themselves.
  pellucid_level(v4 -march=x86-64-v4 -mprefer-vector-width=512)
endif()
