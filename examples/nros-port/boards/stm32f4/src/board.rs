//! Clocks, pins and the time base of the Nucleo-144.

use smoltcp::time::Instant;
use stm32_eth::{EthPins, PartsIn};
use stm32f4xx_hal::{pac, prelude::*, rcc::Clocks, timer::CounterUs};

/// What main needs of the board.
pub struct Board {
    pub ethernet: PartsIn,
    pub pins: EthPins,
    pub clocks: Clocks,
    pub clock: Clock,
}

/// Milliseconds since the start, from TIM2, which counts microseconds in 32 bits.
pub struct Clock {
    timer: CounterUs<pac::TIM2>,
}

impl Clock {
    /// The time for smoltcp.
    pub fn now(&self) -> Instant {
        Instant::from_micros(i64::from(self.timer.now().ticks()))
    }
}

/// Configures the board; called once.
pub fn take() -> Board {
    let device = pac::Peripherals::take().expect("main runs once");
    let clocks = device.RCC.constrain().cfgr.sysclk(168.MHz()).hclk(168.MHz()).freeze();
    let mut timer = device.TIM2.counter_us(&clocks);
    timer.start(u32::MAX.micros()).expect("TIM2 has 32 bits");

    let (a, b) = (device.GPIOA.split(), device.GPIOB.split());
    let (c, g) = (device.GPIOC.split(), device.GPIOG.split());
    Board {
        ethernet: PartsIn {
            dma: device.ETHERNET_DMA,
            mac: device.ETHERNET_MAC,
            mmc: device.ETHERNET_MMC,
            ptp: device.ETHERNET_PTP,
        },
        pins: EthPins {
            ref_clk: a.pa1,
            crs: a.pa7,
            tx_en: g.pg11,
            tx_d0: g.pg13,
            tx_d1: b.pb13,
            rx_d0: c.pc4,
            rx_d1: c.pc5,
        },
        clocks,
        clock: Clock { timer },
    }
}
