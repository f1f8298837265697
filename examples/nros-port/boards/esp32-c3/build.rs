//! Compiles the C of the transport. picolibc's errno needs a thread pointer, which esp-hal does not
//! set: our errno.h comes first.

const PICOLIBC: &str = "/usr/lib/picolibc/riscv64-unknown-elf/include";

fn main() {
    cc::Build::new()
        .compiler("riscv64-unknown-elf-gcc")
        .flag("-march=rv32imc")
        .flag("-mabi=ilp32")
        .include("include")
        .include(PICOLIBC)
        .file("src/locator.c")
        .file("src/commands.c")
        .compile("transport");
}
