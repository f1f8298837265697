use harness::{build_example, run};

#[test]
fn messages_arrive() {
    run(build_example("examples/talker", "zenoh", "target"));
}
