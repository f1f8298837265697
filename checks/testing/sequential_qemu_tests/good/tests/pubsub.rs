use harness::{boot, Router};

#[test]
fn talker_reaches_listener() {
    let _router = Router::start(7447);
    let _talker = boot("talker.elf", 0);
    let _listener = boot("listener.elf", 1);
}
