find_program(RISCV_CC NAMES riscv-none-elf-gcc riscv64-unknown-elf-gcc)
set(CMAKE_C_COMPILER ${RISCV_CC})

execute_process(
    COMMAND ${RISCV_CC} --specs=picolibc.specs -print-sysroot
    OUTPUT_VARIABLE LIBC_ROOT
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT LIBC_ROOT)
    set(LIBC_ROOT "/usr/lib/picolibc/riscv64-unknown-elf")
endif()
include_directories(SYSTEM "${LIBC_ROOT}/include")
