use std::path::{Path, PathBuf};
use std::process::Command;

pub fn build_example(folder: &str, features: &str, target: &str) -> PathBuf {
    let status = Command::new("cargo")
        .args(["build", "--release", "--features", features])
        .arg("--target-dir").arg(target)
        .current_dir(folder)
        .status();
    assert!(status.is_ok());
    Path::new(folder).join(target).join("release/talker")
}

pub fn run(binary: PathBuf) {
    assert!(Command::new(binary).status().is_ok());
}
