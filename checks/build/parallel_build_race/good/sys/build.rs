use std::path::Path;

fn main() {
    let header = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/nros_features.h");
    let text = "#define NROS_MAX_TOPICS 8\n";
    if std::fs::read_to_string(&header).is_ok_and(|old| old == text) {
        return;
    }
    let new = header.with_extension(format!("h.{}", std::process::id()));
    std::fs::write(&new, text).unwrap();
    std::fs::rename(&new, &header).unwrap();
}
