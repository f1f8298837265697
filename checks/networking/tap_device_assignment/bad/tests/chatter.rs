use harness::ZephyrNode;

#[test]
fn zephyr_pair_talks() {
    let mut listener = ZephyrNode::start("build/listener/zephyr.exe", &[]);
    listener.wait_for("subscribed");
    let talker = ZephyrNode::start("build/talker/zephyr.exe", &[]);
    assert!(listener.output().contains("I heard"));
}
