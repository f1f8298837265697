use std::path::Path;

use harness::{boot_on_tap, Router};

#[test]
fn talker_reaches_listener() {
    let _router = Router::start(7447).expect("zenohd starts");
    let _talker = boot_on_tap(Path::new("build/talker.elf"), 0).expect("qemu starts");
    let _listener = boot_on_tap(Path::new("build/listener.elf"), 1).expect("qemu starts");
}
