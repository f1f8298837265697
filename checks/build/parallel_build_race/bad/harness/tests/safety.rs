use harness::{build_example, run};

#[test]
fn checksums_are_checked() {
    run(build_example("examples/talker", "zenoh,safety-e2e", "target"));
}
