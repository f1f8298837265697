fn main() {
    let picolibc = "/usr/lib/picolibc/riscv64-unknown-elf/include";
    cc::Build::new()
        .compiler("riscv64-unknown-elf-gcc")
        .flag("-march=rv32imc")
        .flag("-mabi=ilp32")
        .include(picolibc)
        .include("include")
        .file("src/glue.c")
        .compile("glue");
}
