# The SDK store keeps one folder per version; a cached answer of another version is dropped.
set(NROS_SDK "$ENV{HOME}/.nros/sdk/${NROS_SDK_VERSION}")
if(NOT "${Corrosion_DIR}" MATCHES "^${NROS_SDK}/")
  unset(Corrosion_DIR CACHE)
endif()
find_package(Corrosion REQUIRED PATHS "${NROS_SDK}/corrosion" NO_DEFAULT_PATH)

# The triple of Rust code: what the user says comes first.
function(nros_triple out)
    if(DEFINED NROS_TRIPLE)
        set(triple "${NROS_TRIPLE}")
    elseif(DEFINED CACHE{_NROS_TRIPLE})
        set(triple "$CACHE{_NROS_TRIPLE}")
    else()
        set(triple "x86_64-unknown-linux-gnu")
    endif()
    set(_NROS_TRIPLE "${triple}" CACHE INTERNAL "target triple")
    set(${out} "${triple}" PARENT_SCOPE)
endfunction()
