use harness::{boot_mps2_an385, remove_stale_sockets, router};

#[test]
fn talker_reaches_listener() {
    remove_stale_sockets();
    let _router = router(7447);
    let _listener = boot_mps2_an385("build/listener.elf", 1);
    let _talker = boot_mps2_an385("build/talker.elf", 0);
}

#[test]
fn listener_connects_again() {
    remove_stale_sockets();
    let _router = router(7447);
    let _listener = boot_mps2_an385("build/listener.elf", 1);
}
