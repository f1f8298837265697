fn main() {
    cc::Build::new()
        .compiler("riscv64-unknown-elf-gcc")
        .flag("--specs=picolibc.specs")
        .include("include")
        .file("src/font.c")
        .compile("font");
}
