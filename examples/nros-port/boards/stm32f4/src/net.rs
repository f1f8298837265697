//! Ethernet and the TCP/IP stack.

use smoltcp::iface::{Config, Interface, SocketSet};
use smoltcp::time::Instant;
use smoltcp::wire::EthernetAddress;
use stm32_eth::dma::{EthernetDMA, RxRingEntry, TxRingEntry};
use stm32_eth::{EthPins, Parts, PartsIn};
use stm32f4xx_hal::rcc::Clocks;

const RX_COUNT: usize = 8;
const TX_COUNT: usize = 4;
const MAC: EthernetAddress = EthernetAddress([0x02, 0, 0, 0, 0, 0x29]);

#[link_section = ".ethernet"]
static mut RX_RING: [RxRingEntry; RX_COUNT] = [RxRingEntry::INIT; RX_COUNT];
#[link_section = ".ethernet"]
static mut TX_RING: [TxRingEntry; TX_COUNT] = [TxRingEntry::INIT; TX_COUNT];

/// The running network.
pub struct Network {
    dma: EthernetDMA<'static, 'static>,
    interface: Interface,
    sockets: SocketSet<'static>,
}

impl Network {
    /// Moves frames between the rings and the sockets.
    pub fn poll(&mut self, now: Instant) {
        crate::clock::update();
        let mut device = &mut self.dma;
        self.interface.poll(now, &mut device, &mut self.sockets);
    }
}

/// Takes the Ethernet peripheral and the rings; called once.
pub fn start(peripheral: PartsIn, pins: EthPins, clocks: Clocks) -> Network {
    let (rx, tx) = unsafe { (&mut RX_RING[..], &mut TX_RING[..]) };
    let Parts { mut dma, .. } =
        stm32_eth::new(peripheral, rx, tx, clocks, pins).expect("HCLK is at least 25 MHz");
    dma.enable_interrupt();
    let interface = Interface::new(Config::new(MAC.into()), &mut &mut dma, Instant::ZERO);
    Network { dma, interface, sockets: SocketSet::new(crate::sockets::storage()) }
}
