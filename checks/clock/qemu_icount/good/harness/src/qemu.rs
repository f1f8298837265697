use std::path::Path;
use std::process::{Child, Command};

/// The emulator and the board, without a kernel.
fn board() -> Command {
    let mut cmd = Command::new("qemu-system-arm");
    cmd.args(["-machine", "mps2-an385", "-nographic"]);
    cmd
}

/// A bare-metal node behind user-mode networking.
pub fn start_bare_metal(elf: &Path) -> std::io::Result<Child> {
    let mut cmd = board();
    cmd.args(["-icount", "shift=auto"])
        .arg("-kernel")
        .arg(elf)
        .args(["-nic", "user,model=lan9118"]);
    cmd.spawn()
}

/// A NuttX node: an RTOS keeps time by itself.
pub fn start_nuttx(image: &Path) -> std::io::Result<Child> {
    Command::new("qemu-system-arm")
        .args(["-M", "virt", "-cpu", "cortex-a7", "-nographic", "-kernel"])
        .arg(image)
        .args(["-netdev", "user,id=net0", "-device", "virtio-net-device,netdev=net0"])
        .spawn()
}
