fn main() {
    cc::Build::new()
        .compiler("riscv64-unknown-elf-gcc")
        .flag("--specs=picolibc.specs")
        .flag("-include")
        .flag("src/errno_override.h")
        .file("src/bus.c")
        .compile("bus");
}
