//! The board: one Ethernet interface, one session.
#![no_std]
#![no_main]

use smoltcp::iface::{Config, Interface};
use smoltcp::time::Instant;
use smoltcp::wire::EthernetAddress;

const MAC: EthernetAddress = EthernetAddress([0x02, 0, 0, 0, 0, 0x0a]);

pub fn start(device: &mut lan9118::Device) -> Interface {
    Interface::new(Config::new(MAC.into()), device, Instant::ZERO)
}
