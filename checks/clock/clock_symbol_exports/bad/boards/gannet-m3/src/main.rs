#![no_std]
#![no_main]

mod net;
mod time;

#[cortex_m_rt::entry]
fn main() -> ! {
    loop {
        net::smoltcp_network_poll();
    }
}
