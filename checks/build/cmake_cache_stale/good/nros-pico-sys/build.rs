use std::env;

fn main() {
    println!("cargo:rerun-if-changed=c");
    println!("cargo:rerun-if-env-changed=NROS_BATCH_SIZE");
    let batch = env::var("NROS_BATCH_SIZE").unwrap_or("1024".into());
    cc::Build::new()
        .file("c/shim.c")
        .define("BATCH_UNICAST_SIZE", batch.as_str())
        .compile("shim");
}
