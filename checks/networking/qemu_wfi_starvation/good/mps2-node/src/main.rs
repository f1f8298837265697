//! A node that only reads.
#![no_std]
#![no_main]

fn wait_for_interrupt() {
    cortex_m::asm::wfi();
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let board = mps2::init_hardware();
    board.syst.enable_interrupt();
    net_driver::set_idle_callback(wait_for_interrupt);
    let mut executor = Executor::open(board);
    loop {
        executor.spin_once(0);
        cortex_m::asm::wfi();
    }
}
