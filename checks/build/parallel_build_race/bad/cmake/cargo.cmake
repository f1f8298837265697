# One static library of Rust for a firmware image.
function(board_cargo_build)
  cmake_parse_arguments(ARG "" "PACKAGE;MANIFEST" "" ${ARGN})
  if(ARG_MANIFEST)
    set(manifest "${ARG_MANIFEST}")
  else()
    set(manifest "${CMAKE_SOURCE_DIR}/Cargo.toml")
  endif()
  set(target_dir "${CMAKE_BINARY_DIR}/rust")
  add_custom_target(${ARG_PACKAGE}_rust
    COMMAND cargo build -p ${ARG_PACKAGE} --manifest-path ${manifest} --target-dir ${target_dir})
endfunction()
