//! The board: one Ethernet interface, one session.
#![no_std]
#![no_main]

use smoltcp::iface::{Config, Interface};
use smoltcp::{socket::tcp::Socket, time::Instant};
use smoltcp::wire::{EthernetAddress, IpEndpoint};

const MAC: EthernetAddress = EthernetAddress([0x02, 0, 0, 0, 0, 0x0a]);

pub fn start(device: &mut lan9118::Device) -> Interface {
    Interface::new(Config::new(MAC.into()), device, Instant::ZERO)
}

pub fn join(iface: &mut Interface, socket: &mut Socket, router: IpEndpoint) {
    tcp_bridge::dial(socket, iface.context(), router).unwrap();
}
