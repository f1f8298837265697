find_program(RISCV_CC NAMES riscv-none-elf-gcc riscv64-unknown-elf-gcc)
set(CMAKE_C_COMPILER ${RISCV_CC})

execute_process(
    COMMAND ${RISCV_CC} --specs=picolibc.specs -print-sysroot
    RESULT_VARIABLE HAS_NO_PICOLIBC
    OUTPUT_VARIABLE LIBC_ROOT
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT HAS_NO_PICOLIBC AND NOT LIBC_ROOT)
    set(LIBC_ROOT "/usr/lib/picolibc/riscv64-unknown-elf")
endif()
if(LIBC_ROOT)
    include_directories(BEFORE "${CMAKE_CURRENT_LIST_DIR}/../node/include")
    include_directories(SYSTEM "${LIBC_ROOT}/include")
endif()
