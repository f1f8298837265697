use harness::ZephyrNode;

#[test]
fn zephyr_pair_talks() {
    let mut listener = ZephyrNode::start("build/listener/zephyr.exe", &["--seed=1"]);
    listener.wait_for("subscribed");
    let talker = ZephyrNode::start("build/talker/zephyr.exe", &["--seed=2"]);
    assert!(listener.output().contains("I heard"));
}
