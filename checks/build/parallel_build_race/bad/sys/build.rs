use std::path::Path;

fn main() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let header = package.join("include/nros_features.h");
    std::fs::write(&header, "#define NROS_MAX_TOPICS 8\n").unwrap();
}
