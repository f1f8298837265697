//! The board: one Ethernet interface, one session.
#![no_std]
#![no_main]

use smoltcp::iface::{Config, Interface};
use smoltcp::time::Instant;
use smoltcp::wire::EthernetAddress;

const MAC: EthernetAddress = EthernetAddress([0x02, 0, 0, 0, 0, 0x0a]);

/// Seconds on the host's clock, through semihosting SYS_TIME: another number at each boot.
fn host_time() -> u32 {
    unsafe { cortex_m_semihosting::syscall1(0x11, 0) as u32 }
}

pub fn start(device: &mut lan9118::Device) -> Interface {
    let seed = host_time().wrapping_mul(2_654_435_761);
    tcp_bridge::seed_local_port((seed >> 16) as u16);
    let mut config = Config::new(MAC.into());
    config.random_seed = u64::from(seed);
    Interface::new(config, device, Instant::ZERO)
}
