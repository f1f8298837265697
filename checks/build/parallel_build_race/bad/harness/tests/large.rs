use harness::{build_example, run};
use std::process::Command;

#[test]
fn large_messages() {
    run(build_example("examples/talker", "zenoh,large", "target-large"));
}

fn build_pico_with(folder: &str) {
    let status = Command::new("cmake")
        .args(["-DZ_FEATURE_INTEREST=1", "-B", folder])
        .status();
    assert!(status.is_ok());
}

fn build_pico_without(folder: &str) {
    let status = Command::new("cmake")
        .args(["-DZ_FEATURE_INTEREST=0", "-B", folder])
        .status();
    assert!(status.is_ok());
}

#[test]
fn writers_without_interest() {
    build_pico_without("third_party/zenoh-pico/build-a");
    build_pico_without("third_party/zenoh-pico/build-b");
}

#[test]
fn writers_with_interest() {
    build_pico_with("third_party/zenoh-pico/build-a");
}
