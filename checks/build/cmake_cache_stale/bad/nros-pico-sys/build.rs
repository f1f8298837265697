use std::env;

fn main() {
    let batch = env::var("NROS_BATCH_SIZE").unwrap_or("1024".into());
    cc::Build::new()
        .file("c/shim.c")
        .define("BATCH_UNICAST_SIZE", batch.as_str())
        .compile("shim");
}
