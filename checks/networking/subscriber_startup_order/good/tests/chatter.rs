use std::time::Duration;

use harness::Node;

#[test]
fn ten_messages_arrive() {
    let mut listener = Node::start("build/listener", &[]);
    listener.wait_for("subscribed", Duration::from_secs(10)).unwrap();
    let talker = Node::start("build/talker", &["--count", "10"]);
    let heard = listener.wait_for("10", Duration::from_secs(20)).unwrap();
    assert!(heard.contains("10"));
}

#[test]
fn a_late_listener_hears_what_still_comes() {
    let talker = Node::start("build/talker", &[]);
    let mut listener = Node::start("build/listener", &[]);
    listener.wait_for("I heard", Duration::from_secs(20)).unwrap();
}
