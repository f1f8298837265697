//! A node that installs the callback, and arms nothing that could end its sleep.
#![no_std]
#![no_main]

fn wait() {
    cortex_m::asm::wfi();
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let board = mps2::init_hardware();
    net_driver::set_idle_callback(wait);
    let mut executor = Executor::open(board);
    loop {
        executor.spin_once(0);
        wait();
    }
}
