use std::thread::sleep;
use std::time::Duration;

use harness::Node;

#[test]
fn ten_messages_arrive() {
    let talker = Node::start("build/talker", &["--count", "10"]);
    let mut listener = Node::start("build/listener", &[]);
    let heard = listener.wait_for("10", Duration::from_secs(20)).unwrap();
    assert!(heard.contains("10"));
}

#[test]
fn some_messages_arrive() {
    let mut listener = Node::start("build/listener", &[]);
    sleep(Duration::from_millis(200));
    let mut talker = Node::start("build/talker", &[]);
    sleep(Duration::from_secs(3));
    talker.kill();
    assert!(listener.output().contains("I heard"));
}

#[test]
fn sum_is_returned() {
    let mut server = Node::start("build/add-server", &[]);
    server.wait_for("ready", Duration::from_secs(5)).unwrap();
    let mut client = Node::start("build/add-client", &["2", "3"]);
    assert!(server.output().contains("2 + 3"));
}
