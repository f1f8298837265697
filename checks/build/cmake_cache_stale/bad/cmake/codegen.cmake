# The SDK store keeps one folder per version.
set(NROS_SDK "$ENV{HOME}/.nros/sdk/${NROS_SDK_VERSION}")
find_package(Corrosion REQUIRED PATHS "${NROS_SDK}/corrosion" NO_DEFAULT_PATH)

# The triple of Rust code, found once.
function(nros_triple out)
    if(DEFINED CACHE{_NROS_TRIPLE})
        set(${out} "$CACHE{_NROS_TRIPLE}" PARENT_SCOPE)
        return()
    endif()
    if(DEFINED NROS_TRIPLE)
        set(triple "${NROS_TRIPLE}")
    else()
        set(triple "x86_64-unknown-linux-gnu")
    endif()
    set(_NROS_TRIPLE "${triple}" CACHE INTERNAL "target triple")
    set(${out} "${triple}" PARENT_SCOPE)
endfunction()
