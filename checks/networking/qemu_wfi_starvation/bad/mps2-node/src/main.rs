//! A node that only reads.
#![no_std]
#![no_main]

mod platform;

#[cortex_m_rt::entry]
fn main() -> ! {
    let board = mps2::init_hardware();
    let mut executor = Executor::open(board);
    loop {
        executor.spin_once(0);
    }
}
