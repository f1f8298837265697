//! The gateway was written for a bridge that could be seeded.
#![no_std]
#![no_main]

use smoltcp::iface::{Config, Interface};
use smoltcp::time::Instant;
use smoltcp::wire::EthernetAddress;

const MAC: EthernetAddress = EthernetAddress([0x02, 0, 0, 0, 0, 0x0c]);

pub fn start(device: &mut lan9118::Device, rng: &mut Rng) -> Interface {
    tcp_bridge::seed_ephemeral_port(rng.next_u32() as u16);
    let mut config = Config::new(MAC.into());
    config.random_seed = rng.next_u64();
    Interface::new(config, device, Instant::ZERO)
}
