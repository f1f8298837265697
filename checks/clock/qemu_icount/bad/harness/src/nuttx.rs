use std::path::Path;
use std::process::{Child, Command};

/// Two NuttX nodes that talk over a pair of datagram sockets.
pub fn start_nuttx_pair(image: &Path, own: &str, peer: &str) -> std::io::Result<Child> {
    let link = format!(
        "dgram,id=net0,local.type=unix,local.path={own},remote.type=unix,remote.path={peer}"
    );
    let mut cmd = Command::new("qemu-system-arm");
    cmd.args(["-M", "virt", "-cpu", "cortex-a7", "-nographic"])
        .args(["-icount", "shift=auto"])
        .arg("-kernel")
        .arg(image)
        .args(["-netdev", &link, "-device", "virtio-net-device,netdev=net0"]);
    cmd.spawn()
}
